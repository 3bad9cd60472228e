import { dirname, resolve } from 'node:path';

import type { z } from 'zod';

import { buildLinks } from './build-links.ts';
import { buildRegistries } from './build-registries.ts';
import { buildDatabase, buildNotifications, buildServer } from './build-service.ts';
import type { Configuration } from './configuration.ts';
import { readConfigurationDocument, type ConfigurationDocument } from './configuration-document.ts';
import { ConfigurationFields } from './configuration-schema.ts';
import type { Environment } from './environment.ts';
import { LinkFields } from './link-schema.ts';
import { FileProblems } from './file-problems.ts';
import { RegistryFields } from './registry-schema.ts';
import { findSchemaProblems } from './schema-problems.ts';
import { recordOf, salvage, type Salvaged } from './salvage.ts';
import { SecretReader } from './secret-reader.ts';
import { DatabaseFields, LogFields, NotificationFields, ServerFields } from './service-schema.ts';
import { refuseUnsupported } from './unsupported.ts';
import { findUnexpandedVariables } from './unexpanded-variable.ts';

/**
 * Reads a configuration file completely: the file itself, its secrets and its certificates.
 *
 * @throws {ConfigurationError} with every problem, of the form and of the meaning, each with its place in the file. No
 * message holds the value of a secret, nor what stands in its place.
 */
export function loadConfiguration(path: string, environment: Environment): Configuration {
  const document = readConfigurationDocument(path);
  const problems = new FileProblems(document);
  checkForm(document, problems);
  const configuration = build(document, environment, problems);
  // What is not supported is looked for in what is complete.
  problems.throwIfAny();
  for (const use of refuseUnsupported(configuration)) problems.add(use.path, use.message);
  problems.throwIfAny();
  return configuration;
}

function checkForm({ root }: ConfigurationDocument, problems: FileProblems): void {
  for (const { path, part, message } of findSchemaProblems(ConfigurationFields, root)) {
    problems.add(path, message, part);
  }
  for (const path of findUnexpandedVariables(root)) {
    if (!problems.has(path)) problems.add(path, '"${…}" is not expanded: write the value itself');
  }
}

/**
 * Builds what can be built, part by part: a problem in one part does not keep the problems of another from being found.
 * The result is complete only when no problem was noted.
 */
function build(
  { root, file }: ConfigurationDocument,
  environment: Environment,
  problems: FileProblems,
): Configuration {
  const secrets = new SecretReader(environment, dirname(resolve(file)), problems);
  const registries = buildRegistries(
    new Map(Object.entries(recordOf(root.registries)).map(([name, value]) => [name, salvageRegistry(value)])),
    { environment, secrets, problems },
  );
  const context = { registries, secrets, problems };
  return {
    registries: new Map(
      Array.from(registries).flatMap(([name, { configuration }]) =>
        configuration ? [[name, configuration]] : [],
      ),
    ),
    links: buildLinks((Array.isArray(root.links) ? root.links : []).map(salvageLink), context),
    database: buildDatabase(salvageSection(DatabaseFields, root.database).fields, context),
    server: buildServer(salvageSection(ServerFields, root.server), context),
    notifications: buildNotifications(salvageSection(NotificationFields, root.notifications).fields, context),
    log: salvageSection(LogFields, root.log).fields,
  };
}

function salvageRegistry(value: unknown): Salvaged<RegistryFields> | undefined {
  return salvage(RegistryFields, value, { url: 'https://stand-in.invalid' });
}

function salvageLink(value: unknown): Salvaged<LinkFields> | undefined {
  return salvage(LinkFields, value, { name: 'stand-in', primary: 'stand-in', secondaries: ['stand-in'] });
}

function salvageSection<T>(schema: z.ZodType<T>, value: unknown): Salvaged<T> {
  return salvage(schema, value ?? {}) ?? { fields: schema.parse({}), dropped: new Set() };
}
