import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { VERSION } from '../../src/cli/version.ts';
import { findUnerasable, problemOf } from './erasable-syntax.ts';
import { runTool } from './run-tool.ts';

const root = path.resolve(import.meta.dirname, '../..');
const load = createRequire(import.meta.url);

/** Seconds to a minute, on a machine that others use too. */
const PATIENCE_MILLISECONDS = 600_000;

interface Package {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
}

const ownPackage = load('../../package.json') as Package;

function read(name: string): Promise<string> {
  return readFile(path.join(root, name), 'utf8');
}

describe('the whole tree', () => {
  it.each([
    ['is formatted by Prettier', 'prettier/bin/prettier.cjs', ['--check', '.']],
    ['pleases ESLint without a warning', 'eslint/bin/eslint.js', ['.', '--max-warnings', '0']],
    ['pleases the compiler', 'typescript/bin/tsc', ['--noEmit']],
    ['has no unused file, export or dependency', 'knip/bin/knip.js', []],
  ])(
    '%s',
    async (_what, program, parameters) => {
      const { complaint } = await runTool(root, program, parameters);
      expect(complaint).toBe('');
    },
    PATIENCE_MILLISECONDS,
  );
});

describe('the folders of the source', () => {
  it('are all in the table of who may import whom', async () => {
    const { forbidden } = load('./boundaries.cjs') as {
      readonly forbidden: readonly { readonly name: string }[];
    };
    const rules = forbidden.map(({ name }) => name);
    const entries = await readdir(path.join(root, 'src'), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(folders.filter((folder) => !rules.includes(`${folder}-imports-only-its-row`))).toEqual([]);
    expect(folders).toEqual(expect.arrayContaining(['oci', 'policy', 'planning', 'registry', 'cli']));
  });
});

describe('files that Node runs directly', () => {
  it.each(['test/registries', 'test/builders', 'bench', 'deploy', 'grafana'])(
    'need nothing but their types erased: %s',
    async (folder) => {
      expect(await findUnerasable(root, folder)).toEqual([]);
    },
  );

  it.each([
    ['an enum', 'export enum Colour { Red }'],
    ['a namespace', 'namespace Colours { export const red = 1; }'],
    ['a parameter property', 'class Colour { constructor(readonly name: string) {} }'],
    ['an import by assignment', "import fs = require('node:fs');"],
    ['a decorator', '@Injectable()\nclass Colour {}'],
  ])('would be found out: %s', (_what, source) => {
    expect(problemOf(source)).toEqual(expect.any(String));
  });

  it('may have types of every kind', () => {
    const source =
      'interface A { b: string }\nclass C<T> { private readonly d?: T; e(this: C<T>): asserts this is A {} }';
    expect(problemOf(source)).toBeUndefined();
  });
});

describe('the lock file', () => {
  it('names versions and hashes, and no address to load them from', async () => {
    const lock = JSON.parse(await read('package-lock.json')) as {
      readonly packages: Readonly<
        Record<string, { readonly integrity?: string; readonly resolved?: string }>
      >;
    };
    const packages = Object.entries(lock.packages).filter(([name]) => name !== '');
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(([, each]) => each.resolved !== undefined).map(([name]) => name)).toEqual([]);
    expect(
      packages.filter(([, each]) => !each.integrity?.startsWith('sha512-')).map(([name]) => name),
    ).toEqual([]);
  });
});

describe('the version', () => {
  it('that the command prints is that of the package', () => {
    expect(VERSION).toBe(ownPackage.version);
  });
});

/** Commands as a shell would run them: without comments and blank lines. */
function commandsOf(script: string): string[] {
  const lines = script.split('\n').map((line) => line.replace(/(?:^|\s+)#.*$/, '').trim());
  return lines.filter((line) => line !== '');
}

function shellBlocksOf(markdown: string): readonly string[] {
  const blocks = markdown.matchAll(/^```(?:sh|shell|bash|console)\n(?<commands>[^`]*)^```$/gm);
  return [...blocks].map((block) => block.groups?.commands ?? '');
}

describe('continuous integration', () => {
  it('runs the test command of the README, from the top of a clone, and nothing else', async () => {
    const readme = await read('README.md');
    const test = shellBlocksOf(readme)
      .flatMap(commandsOf)
      .filter((command) => /\bnpm (?:test|t|run test)\b/.test(command));
    expect(test).toHaveLength(1);
    expect(commandsOf(await read('.ci/run'))).toEqual([
      'set -euo pipefail',
      'cd "$(dirname "${BASH_SOURCE[0]}")/.."',
      ...test,
    ]);
  });

  it('runs every test: the script is jest alone, after a build', () => {
    expect(ownPackage.scripts).toMatchObject({ pretest: 'nest build', test: 'jest' });
  });
});
