import { resolve } from 'node:path';

import { readBoundedFile } from './bounded-file.ts';
import type { ConfigurationPath } from './configuration-path.ts';
import type { Environment } from './environment.ts';
import type { SecretReference } from './field-schemas.ts';
import type { FileProblems } from './file-problems.ts';
import { Secret } from './secret.ts';

/** Far above any token or key. */
const LARGEST_SECRET_BYTES = 64 * 1024;

const LARGEST_PEM_BYTES = 1024 * 1024;

/** Where secrets and certificates of one configuration come from; every problem goes to the list of problems. */
export class SecretReader {
  readonly #environment: Environment;
  readonly #directory: string;
  readonly #problems: FileProblems;

  /** `directory` is what relative paths start from. */
  constructor(environment: Environment, directory: string, problems: FileProblems) {
    this.#environment = environment;
    this.#directory = directory;
    this.#problems = problems;
  }

  /** The secret that a reference names, or `undefined` with a problem noted. */
  read(reference: SecretReference, path: ConfigurationPath): Secret | undefined {
    const found =
      reference.kind === 'env'
        ? this.#fromVariable(reference.name, path)
        : this.#fromFile(reference.path, path);
    return found === undefined ? undefined : new Secret(found);
  }

  /** The absolute path of a file that the configuration names. */
  locate(file: string): string {
    return resolve(this.#directory, file);
  }

  /** The text of a PEM file, or `undefined` with a problem noted. */
  readPem(file: string, path: ConfigurationPath): string | undefined {
    const read = readBoundedFile(this.locate(file), LARGEST_PEM_BYTES);
    if (read.kind === 'text') return read.text;
    this.#problems.add(path, `the file ${read.complaint}`);
    return undefined;
  }

  #fromVariable(name: string, path: ConfigurationPath): string | undefined {
    const value = this.#environment[name];
    if (value !== undefined && value !== '') return value;
    // A name in lower case may be a password at the wrong place.
    const variable = /^[A-Z_][A-Z0-9_]*$/.test(name)
      ? `the environment variable ${name}`
      : 'this environment variable';
    this.#problems.add([...path, 'env'], `${variable} is ${value === undefined ? 'not set' : 'empty'}`);
    return undefined;
  }

  #fromFile(file: string, path: ConfigurationPath): string | undefined {
    const read = readBoundedFile(this.locate(file), LARGEST_SECRET_BYTES);
    const text = read.kind === 'text' ? read.text.replace(/\r?\n$/, '') : '';
    if (text !== '') return text;
    this.#problems.add([...path, 'file'], `the file ${read.kind === 'text' ? 'is empty' : read.complaint}`);
    return undefined;
  }
}
