import { createPrivateKey, X509Certificate } from 'node:crypto';

import type { TlsConfiguration } from './configuration.ts';
import type { ConfigurationPath } from './configuration-path.ts';
import type { FileProblems } from './file-problems.ts';
import type { RegistryFields } from './registry-schema.ts';
import { Secret } from './secret.ts';
import type { SecretReader } from './secret-reader.ts';

type TlsFields = RegistryFields['tls'];

/** Reads and checks the certificates of a registry; `undefined` with problems noted. */
export function buildTls(
  fields: TlsFields,
  path: ConfigurationPath,
  secrets: SecretReader,
  problems: FileProblems,
): TlsConfiguration | undefined {
  if ((fields.cert === undefined) !== (fields.key === undefined))
    problems.add(path, 'cert and key need each other');
  const read = (kind: keyof TlsFields): string | undefined => {
    const file = fields[kind];
    return file === undefined ? undefined : secrets.readPem(file, [...path, kind]);
  };
  const pem = { ca: read('ca'), cert: read('cert'), key: read('key') };
  checkPem(pem, path, problems);
  return problems.has(path) ? undefined : configurationOf(fields, pem, secrets);
}

interface PemTexts {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Node ignores a file of authorities without a certificate in silence, and names no file for a key it cannot read. */
function checkPem({ ca, cert, key }: PemTexts, path: ConfigurationPath, problems: FileProblems): void {
  const certificate = cert === undefined ? undefined : parseCertificate(cert);
  if (ca !== undefined && parseCertificate(ca) === undefined) {
    problems.add([...path, 'ca'], 'the file holds no PEM certificate');
  }
  if (cert !== undefined && certificate === undefined) {
    problems.add([...path, 'cert'], 'the file holds no PEM certificate');
  }
  if (key !== undefined) checkKey(key, certificate, [...path, 'key'], problems);
}

/** The first certificate of a file. */
function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function checkKey(
  pem: string,
  certificate: X509Certificate | undefined,
  path: ConfigurationPath,
  problems: FileProblems,
): void {
  try {
    const isOther = certificate?.checkPrivateKey(createPrivateKey(pem)) === false;
    if (isOther) problems.add(path, 'the key is not that of the certificate');
  } catch {
    problems.add(path, 'the file holds no PEM key that can be read without a password');
  }
}

function configurationOf(
  fields: TlsFields,
  { ca, cert, key }: PemTexts,
  secrets: SecretReader,
): TlsConfiguration {
  const files = Object.entries(fields).flatMap(([kind, file]) =>
    file === undefined ? [] : [[kind, secrets.locate(file)]],
  );
  return {
    ...(ca === undefined ? {} : { caPem: ca }),
    ...(cert === undefined ? {} : { certificatePem: cert }),
    ...(key === undefined ? {} : { keyPem: new Secret(key) }),
    files: Object.fromEntries(files) as TlsConfiguration['files'],
  };
}
