import { buildTls } from './build-tls.ts';
import type { RegistryConfiguration, RegistryCredentials, RegistryLimits } from './configuration.ts';
import type { ConfigurationPath } from './configuration-path.ts';
import { dockerEnvironmentOf, type DockerEnvironment } from './docker-environment.ts';
import type { Environment } from './environment.ts';
import { isLoopbackHost } from './loopback.ts';
import type { FileProblems } from './file-problems.ts';
import type { RegistryFields } from './registry-schema.ts';
import type { Salvaged } from './salvage.ts';
import type { SecretReader } from './secret-reader.ts';

/** What registries are built with. */
export interface RegistryContext {
  readonly environment: Environment;
  readonly secrets: SecretReader;
  readonly problems: FileProblems;
}

/** A registry that is named in the file; without a configuration where a problem was noted. */
export interface KnownRegistry {
  readonly url: URL | undefined;
  readonly configuration: RegistryConfiguration | undefined;
}

/** Builds every registry that has no problem, and notes all problems. */
export function buildRegistries(
  salvagedByName: ReadonlyMap<string, Salvaged<RegistryFields> | undefined>,
  context: RegistryContext,
): ReadonlyMap<string, KnownRegistry> {
  const docker = dockerEnvironmentOf(context.environment);
  return new Map(
    Array.from(salvagedByName, ([name, salvaged]): [string, KnownRegistry] => {
      if (salvaged === undefined) return [name, { url: undefined, configuration: undefined }];
      const { fields, dropped } = salvaged;
      const configuration = buildRegistry(name, fields, { ...context, docker });
      return [
        name,
        {
          url: dropped.has('url') ? undefined : fields.url,
          configuration: dropped.size > 0 ? undefined : configuration,
        },
      ];
    }),
  );
}

type Context = RegistryContext & { readonly docker: DockerEnvironment };

function buildRegistry(
  name: string,
  fields: RegistryFields,
  context: Context,
): RegistryConfiguration | undefined {
  const path = ['registries', name];
  const { url, allowPlainHttp } = fields;
  checkPlainHttp(fields, path, context.problems);
  const credentials = buildCredentials(fields.credentials, path, context);
  const tls = buildTls(fields.tls, [...path, 'tls'], context.secrets, context.problems);
  if (credentials === undefined || tls === undefined) return undefined;
  return {
    name,
    origin: url.origin,
    url,
    credentials,
    tls,
    allowPlainHttp,
    limits: buildLimits(fields.limits),
  };
}

function checkPlainHttp(fields: RegistryFields, path: ConfigurationPath, problems: FileProblems): void {
  const { url, credentials, allowPlainHttp, tls } = fields;
  if (url.protocol === 'https:') return;
  if (Object.keys(tls).length > 0)
    problems.add([...path, 'tls'], 'has no effect over plain http: use https, or leave it out');
  if (typeof credentials === 'string' || allowPlainHttp || isLoopbackHost(url.hostname)) return;
  problems.add(
    [...path, 'url'],
    'credentials would cross the network in clear: use https, or accept it with allowPlainHttp: true',
  );
}

function buildCredentials(
  credentials: RegistryFields['credentials'],
  path: ConfigurationPath,
  context: Context,
): RegistryCredentials | undefined {
  if (credentials === 'anonymous') return { kind: 'anonymous' };
  if (credentials === 'docker') return { kind: 'docker', environment: context.docker };
  const password = context.secrets.read(credentials.password, [...path, 'credentials', 'password']);
  return password === undefined ? undefined : { kind: 'basic', username: credentials.username, password };
}

function buildLimits({
  concurrency,
  requestsPerSecond,
  bytesPerSecond,
}: RegistryFields['limits']): RegistryLimits {
  return {
    concurrency,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
}
