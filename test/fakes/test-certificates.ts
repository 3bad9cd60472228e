import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FakeTls } from './fake-http-server.ts';

const run = promisify(execFile);

/** PEM texts of two authorities and of what the first has signed. */
export interface TestCertificates {
  /** Trust this to trust `server`. */
  readonly authority: string;
  /** An authority that signed nothing here. */
  readonly otherAuthority: string;
  /** For 127.0.0.1 and localhost. */
  readonly server: FakeTls;
  /** For registry.example.com only. */
  readonly wrongHost: FakeTls;
  /** For 127.0.0.1, and past its time since 2021. */
  readonly expired: FakeTls;
  readonly client: FakeTls;
}

interface Subject {
  readonly name: string;
  readonly extensions: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
}

const loopback = 'subjectAltName=IP:127.0.0.1,DNS:localhost';

/** Whether the openssl program is there: Node can read certificates, not make them. */
export function isOpensslAvailable(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Makes fresh certificates with the openssl program, in a directory that goes away. Throws where it is missing. */
export async function makeTestCertificates(): Promise<TestCertificates> {
  const directory = await mkdtemp(join(tmpdir(), 'fake-registry-'));
  try {
    await makeAuthority(directory, 'authority');
    await makeAuthority(directory, 'other');
    const server = { name: 'server', extensions: [loopback] };
    const wrongHost = { name: 'wrong-host', extensions: ['subjectAltName=DNS:registry.example.com'] };
    const past = { notBefore: '20200101000000Z', notAfter: '20210101000000Z' };
    const expired = { name: 'expired', extensions: [loopback], ...past };
    const client = { name: 'client', extensions: ['extendedKeyUsage=clientAuth'] };
    return {
      authority: await readFile(join(directory, 'authority.crt'), 'utf8'),
      otherAuthority: await readFile(join(directory, 'other.crt'), 'utf8'),
      server: await makeSigned(directory, server),
      wrongHost: await makeSigned(directory, wrongHost),
      expired: await makeSigned(directory, expired),
      client: await makeSigned(directory, client),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeAuthority(directory: string, name: string): Promise<void> {
  await run(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`],
      ...['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ],
    { cwd: directory },
  );
  await writeFile(join(directory, `${name}.txt`), '');
  await writeFile(join(directory, `${name}.cnf`), authorityConfiguration(name));
}

/** `openssl ca` is the one command whose validity can lie in the past on every version. */
const authorityConfiguration = (name: string): string => `
[ca]
default_ca = it
[it]
certificate = ${name}.crt
private_key = ${name}.key
database = ${name}.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
default_days = 2
policy = anything
[anything]
commonName = supplied
`;

async function makeSigned(directory: string, subject: Subject): Promise<FakeTls> {
  const { name } = subject;
  const options = { cwd: directory };
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', `${name}.key`, '-out', `${name}.csr`];
  await run('openssl', [...request, '-subj', `/CN=${name}`, ...files], options);
  await writeFile(join(directory, `${name}.ext`), subject.extensions.join('\n'));
  const validity = [
    ...(subject.notBefore === undefined ? [] : ['-startdate', subject.notBefore]),
    ...(subject.notAfter === undefined ? [] : ['-enddate', subject.notAfter]),
  ];
  const signing = ['ca', '-batch', '-notext', '-config', 'authority.cnf', '-extfile', `${name}.ext`];
  await run('openssl', [...signing, '-in', `${name}.csr`, '-out', `${name}.crt`, ...validity], options);
  return {
    certificate: await readFile(join(directory, `${name}.crt`), 'utf8'),
    key: await readFile(join(directory, `${name}.key`), 'utf8'),
  };
}
