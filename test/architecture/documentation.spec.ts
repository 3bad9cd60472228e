import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { EXIT_CODE } from '../../src/cli/exit-code.ts';
import { explainReason } from '../../src/cli/explain-reason.ts';
import { configurationJsonSchema } from '../../src/config/json-schema.ts';
import { REASON_CODES } from '../../src/planning/reason-code.ts';

/** Rows of all tables of the README: their cells, as they are written, without the padding. */
const rows: ReadonlySet<string> = new Set(
  readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => rowOf(...line.slice(1, -1).split(/(?<!\\)\|/))),
);

function rowOf(...cells: readonly string[]): string {
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|')).join(' | ');
}

interface Schema {
  readonly description?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

/** How every secret and every pattern is written; said once in the README, not at each of them. */
const SAID_ONCE: ReadonlySet<string> = new Set(['env', 'file', 'regex', 'semver']);

function settingsOf(schema: Schema, path: string): readonly (readonly [path: string, description: string])[] {
  return (schema.anyOf ?? [schema]).flatMap(({ properties = {}, additionalProperties, items }) => [
    ...Object.entries(properties)
      .filter(([key]) => !SAID_ONCE.has(key))
      .flatMap(([key, child]) => {
        const childPath = path === '' ? key : `${path}.${key}`;
        return [[childPath, child.description ?? ''] as const, ...settingsOf(child, childPath)];
      }),
    ...(typeof additionalProperties === 'object' ? settingsOf(additionalProperties, `${path}.NAME`) : []),
    ...(items === undefined ? [] : settingsOf(items, `${path}[]`)),
  ]);
}

describe('the tables of the README', () => {
  it.each(REASON_CODES)('explain %s as the command line does', (code) => {
    const { meaning, next } = explainReason(code);
    expect(rows).toContain(rowOf(`\`${code}\``, meaning, next));
  });

  it.each(settingsOf(configurationJsonSchema() as Schema, ''))(
    'describe the setting %s as the schema does',
    (path, description) => {
      expect(rows).toContain(rowOf(`\`${path}\``, description));
    },
  );

  it.each(Object.values(EXIT_CODE))('name the exit code %i', (exitCode) => {
    expect([...rows].filter((row) => row.startsWith(`${exitCode} | `))).toHaveLength(1);
  });
});
