import { statSync } from 'node:fs';
import { resolve } from 'node:path';

import { ConfigurationError, problemAt } from './configuration-error.ts';
import type { Environment } from './environment.ts';

const VARIABLE = 'GEO_RECONCILER_CONFIG';
const FILE_IN_WORKING_DIRECTORY = 'geo-reconciler.yaml';

/**
 * The configuration file to read: the one of `--config`, else that of `$GEO_RECONCILER_CONFIG`, else `geo-reconciler.yaml` in
 * the working directory. What is named and missing is an error; nothing else is tried then.
 *
 * @throws {ConfigurationError} that names what was tried.
 */
export function findConfigurationFile(option: string | undefined, environment: Environment): string {
  const variable = environment[VARIABLE];
  if (option !== undefined) return existing(option, '--config', `there is no file ${option}`);
  if (variable !== undefined && variable !== '') {
    return existing(variable, `$${VARIABLE}`, `there is no file ${variable}`);
  }
  const complaint = `no configuration: --config and $${VARIABLE} are not set, and there is no ${resolve(FILE_IN_WORKING_DIRECTORY)}`;
  return existing(FILE_IN_WORKING_DIRECTORY, '--config', complaint);
}

function existing(file: string, path: string, complaint: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new ConfigurationError([problemAt(path, complaint)]);
  if (found.isDirectory()) throw new ConfigurationError([problemAt(path, `${file} is a directory`)]);
  return file;
}
