import { describe, expect, it } from '@jest/globals';

import { parseRegistryUrl, registryIdentity } from './registry-url.ts';

describe('parseRegistryUrl', () => {
  it.each([
    ['https://registry.example.com', 'https://registry.example.com'],
    ['https://registry.example.com/', 'https://registry.example.com'],
    ['https://Registry.Example.COM:443', 'https://registry.example.com'],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5000'],
    ['http://[::1]:5000', 'http://[::1]:5000'],
  ])('reads %s as %s', (text, origin) => {
    expect(parseRegistryUrl(text)).toEqual({ kind: 'url', url: new URL(origin) });
  });

  it.each([
    ['localhost:5000', 'the scheme is missing: write http://localhost:5000'],
    ['registry.example.com', 'the scheme is missing: write https://registry.example.com'],
    ['registry.example.com/team', 'the scheme is missing: write http://localhost:5000 or https://'],
    ['', 'the scheme is missing'],
    ['https://', 'not a URL'],
    ['https://host:99999', 'not a URL'],
    ['ftp://host', 'the scheme must be http or https'],
    ['https://host/v2/', 'a path, query or fragment has no meaning here'],
    ['https://host?x', 'a path, query or fragment has no meaning here'],
    ['https://host?', 'a path, query or fragment has no meaning here'],
    ['https://host#', 'a path, query or fragment has no meaning here'],
    ['https://docker.io', 'the registry of Docker Hub is https://registry-1.docker.io'],
    ['${REGISTRY}', '"${…}" is not expanded'],
  ])('refuses %j: %s', (text, complaint) => {
    expect(parseRegistryUrl(text)).toEqual({
      kind: 'complaint',
      complaint: expect.stringContaining(complaint),
    });
  });

  it.each([
    'https://user:canary-1@host',
    'https://canary-1@host',
    'user:canary-1@host',
    'https://host/?token=canary-1',
    'canary-1:',
  ])('does not repeat %s', (text) => {
    expect(JSON.stringify(parseRegistryUrl(text))).not.toContain('canary');
    expect(parseRegistryUrl(text).kind).toBe('complaint');
  });
});

describe('registryIdentity', () => {
  it.each([
    ['http://localhost:5000', 'http://127.0.0.1:5000'],
    ['http://localhost:5000', 'http://[::1]:5000'],
    ['http://registry.example.com:443', 'https://registry.example.com'],
    ['https://registry.example.com.', 'https://registry.example.com'],
  ])('is the same for %s and %s', (left, right) => {
    expect(registryIdentity(new URL(left))).toBe(registryIdentity(new URL(right)));
  });

  it.each([
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5001'],
    ['http://127.0.0.1:5000', 'http://127.0.0.2:5000'],
    ['http://registry.example.com', 'https://registry.example.com'],
    ['https://a.example.com', 'https://b.example.com'],
  ])('differs for %s and %s', (left, right) => {
    expect(registryIdentity(new URL(left))).not.toBe(registryIdentity(new URL(right)));
  });
});
