import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ConfigurationError } from './configuration-error.ts';
import type { RegistryConfiguration } from './configuration.ts';
import { loadConfiguration } from './load-configuration.ts';

/** One DER element (X.690): tag, length, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** A self-signed certificate (RFC 5280 section 4.1) for "test" as PEM; keys are made anew, none is kept in the repository. */
function certificateFor({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): string {
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex')); // ecdsa-with-SHA256
  const name = der(
    0x30,
    der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('test')))),
  );
  const time = (text: string): Buffer => der(0x17, Buffer.from(text));
  const body = der(
    0x30,
    der(0xa0, Buffer.from('020102', 'hex')),
    Buffer.from('020101', 'hex'),
    algorithm,
    name,
    der(0x30, time('240101000000Z'), time('490101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const base64 = der(0x30, body, algorithm, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('tls', () => {
  let directory: string;
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'build-tls-'));
    writeFileSync(join(directory, 'cert.pem'), certificateFor(pair));
    writeFileSync(join(directory, 'key.pem'), keyPem(pair.privateKey));
    writeFileSync(join(directory, 'other.pem'), keyPem(other.privateKey));
    writeFileSync(join(directory, 'text.pem'), 'not PEM');
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  function load(tls: string, url = 'https://eu.example.com'): RegistryConfiguration | undefined {
    const file = join(directory, 'geo-reconciler.yaml');
    writeFileSync(
      file,
      `registries:\n  eu: { url: "${url}", tls: ${tls} }\n  us: { url: "https://us.example.com" }\nlinks: [{ name: a, primary: eu, secondaries: [us] }]\n`,
    );
    return loadConfiguration(file, {}).registries.get('eu');
  }

  function problemsOf(tls: string, url?: string): readonly string[] {
    try {
      load(tls, url);
      return [];
    } catch (error) {
      return error instanceof ConfigurationError
        ? error.problems.map(({ path, message }) => `${path}: ${message}`)
        : [String(error)];
    }
  }

  it('reads certificates relative to the configuration file', () => {
    const registry = load('{ ca: cert.pem, cert: cert.pem, key: key.pem }');
    expect(registry?.tls).toMatchObject({
      caPem: expect.stringContaining('BEGIN CERTIFICATE'),
      certificatePem: expect.stringContaining('BEGIN CERTIFICATE'),
      files: {
        ca: join(directory, 'cert.pem'),
        cert: join(directory, 'cert.pem'),
        key: join(directory, 'key.pem'),
      },
    });
    expect(registry?.tls.keyPem?.reveal()).toBe(keyPem(pair.privateKey));
    expect(JSON.stringify(registry)).not.toContain('PRIVATE KEY');
  });

  it.each([
    ['{ ca: absent.pem }', 'registries.eu.tls.ca: the file cannot be read (ENOENT)'],
    ['{ ca: text.pem }', 'registries.eu.tls.ca: the file holds no PEM certificate'],
    ['{ ca: key.pem }', 'registries.eu.tls.ca: the file holds no PEM certificate'],
    ['{ cert: cert.pem }', 'registries.eu.tls: cert and key need each other'],
    ['{ key: key.pem }', 'registries.eu.tls: cert and key need each other'],
    ['{ cert: text.pem, key: key.pem }', 'registries.eu.tls.cert: the file holds no PEM certificate'],
    [
      '{ cert: cert.pem, key: text.pem }',
      'registries.eu.tls.key: the file holds no PEM key that can be read',
    ],
    ['{ cert: cert.pem, key: other.pem }', 'registries.eu.tls.key: the key is not that of the certificate'],
    ['{ verify: false }', 'registries.eu.tls.verify: not known here; known are ca, cert, key'],
  ])('refuses %s', (tls, problem) => {
    expect(problemsOf(tls)).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses certificates where nothing is encrypted', () => {
    expect(problemsOf('{ ca: cert.pem }', 'http://localhost:5000')).toEqual([
      'registries.eu.tls: has no effect over plain http: use https, or leave it out',
    ]);
  });
});
