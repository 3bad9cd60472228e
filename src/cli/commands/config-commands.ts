import { stringify } from 'yaml';
import { findConfigurationFile } from '../../config/find-configuration-file.ts';
import { configurationJsonSchema } from '../../config/json-schema.ts';
import { loadConfiguration } from '../../config/load-configuration.ts';
import { configurationForPrinting } from '../../config/print-configuration.ts';
import { EXIT_CODE } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

interface ConfigOptions {
  readonly config?: string;
}

/** `geo-reconciler config check`. @throws {ConfigurationError} */
export function runConfigCheck(options: ConfigOptions, terminal: Terminal): Promise<number> {
  const file = findFile(options, terminal);
  const { links, registries } = loadConfiguration(file, terminal.environment);
  terminal.out.write(
    `${file} is valid: ${registries.size} registries, ${links.length} ${links.length === 1 ? 'link' : 'links'}\n`,
  );
  return Promise.resolve(EXIT_CODE.inSync);
}

/** `geo-reconciler config print`. @throws {ConfigurationError} */
export function runConfigPrint(options: ConfigOptions, terminal: Terminal): Promise<number> {
  const configuration = loadConfiguration(findFile(options, terminal), terminal.environment);
  terminal.out.write(stringify(configurationForPrinting(configuration)));
  return Promise.resolve(EXIT_CODE.inSync);
}

/** `geo-reconciler config schema`. */
export function runConfigSchema(_options: object, terminal: Terminal): Promise<number> {
  terminal.out.write(`${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
  return Promise.resolve(EXIT_CODE.inSync);
}

function findFile({ config }: ConfigOptions, { environment }: Terminal): string {
  return findConfigurationFile(config, environment);
}
