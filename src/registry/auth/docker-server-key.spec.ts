import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { canonicalServer, helperServerUrl, valueForServer } from './docker-server-key.ts';

describe('canonicalServer', () => {
  it.each<[string, string | undefined]>([
    ['registry.example', 'registry.example'],
    ['Registry.Example', 'registry.example'],
    ['registry.example:5000', 'registry.example:5000'],
    ['registry.example:443', 'registry.example'],
    ['https://registry.example', 'registry.example'],
    ['https://registry.example/', 'registry.example'],
    ['https://registry.example/v1/', 'registry.example'],
    ['https://registry.example/v2', 'registry.example'],
    ['http://registry.example:5000/v1/', 'registry.example:5000'],
    ['registry.example/v2/', 'registry.example'],
    ['[::1]:5000', '[::1]:5000'],
    ['https://index.docker.io/v1/', 'index.docker.io'],
    ['docker.io', 'index.docker.io'],
    ['registry-1.docker.io', 'index.docker.io'],
    ['registry.example/team', undefined],
    ['https://registry.example/v1/team', undefined],
    ['https://registry.example/v3/', undefined],
    ['', undefined],
    ['https://', undefined],
  ])('reads %j as %j', (key, server) => {
    expect(canonicalServer(key)).toBe(server);
  });

  it.each(['/', 'a', 'https://', ':443'])('reads 100 kB of %j', (unit) => {
    expect(() => canonicalServer(unit.repeat(100_000))).not.toThrow();
  });
});

describe('helperServerUrl', () => {
  it.each([
    ['registry-1.docker.io', 'https://index.docker.io/v1/'],
    ['docker.io', 'https://index.docker.io/v1/'],
    ['index.docker.io', 'https://index.docker.io/v1/'],
    ['registry.example:5000', 'registry.example:5000'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', '123456789012.dkr.ecr.eu-west-1.amazonaws.com'],
  ])('asks helpers for %s as %s', (host, serverUrl) => {
    expect(helperServerUrl(host)).toBe(serverUrl);
  });
});

describe('valueForServer', () => {
  it.each<[string, Readonly<Record<string, string>>, string, string | undefined]>([
    [
      'the very name before other spellings',
      { 'https://a.example/v1/': 'url', 'a.example': 'name' },
      'a.example',
      'name',
    ],
    ['another spelling', { 'b.example': 'b', 'https://a.example/v1/': 'url' }, 'a.example', 'url'],
    [
      'the first of several spellings',
      { 'http://a.example': '1', 'https://a.example': '2' },
      'a.example',
      '1',
    ],
    ['the host with its port', { 'a.example': 'plain', 'a.example:5000': 'port' }, 'a.example:5000', 'port'],
    ['the default port', { 'a.example:443': 'port' }, 'a.example', 'port'],
    [
      "Docker Hub's key before its other names",
      { 'docker.io': 'short', 'https://index.docker.io/v1/': 'key' },
      'registry-1.docker.io',
      'key',
    ],
    ["Docker Hub's short name", { 'docker.io': 'short' }, 'registry-1.docker.io', 'short'],
    ['nothing for another port', { 'a.example:5001': 'x', 'a.example': 'y' }, 'a.example:5000', undefined],
    ['nothing for a namespace', { 'a.example/team': 'x' }, 'a.example', undefined],
    ['nothing for a longer name', { 'a.example.evil': 'x', 'evil-a.example': 'y' }, 'a.example', undefined],
    ['nothing of an empty map', {}, 'a.example', undefined],
    ['nothing of the prototype', {}, 'constructor', undefined],
    ['nothing for a host that is none', { 'a.example/team': 'x' }, 'a.example/team', undefined],
  ])('finds %s', (_name, entries, host, value) => {
    expect(valueForServer(entries, host)).toBe(value);
  });

  it('finds a registry under every spelling of its own and never under that of another', () => {
    const host = fc.constantFrom('a.example', 'b.example', 'a.example:5000', 'docker.io', '127.0.0.1:5000');
    const wrap = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => `https://${text}/v1/`,
      (text) => `http://${text}`,
      (text) => text.toUpperCase(),
    );
    fc.assert(
      fc.property(host, host, wrap, (asked, kept, spell) => {
        expect(valueForServer({ [spell(kept)]: kept }, asked)).toBe(new Map([[asked, asked]]).get(kept));
      }),
    );
  });
});
