import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { plantTree, type PlantedTree } from './planted-tree.ts';
import { runTool } from './run-tool.ts';

const root = path.resolve(import.meta.dirname, '../..');
const table = path.join(root, 'test/architecture/boundaries.cjs');
const { forbidden } = createRequire(import.meta.url)(table) as {
  readonly forbidden: readonly { name: string }[];
};

/** Seconds to a minute, on a machine that others use too. */
const PATIENCE_MILLISECONDS = 300_000;

interface CruiseResult {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

async function cruise(directory: string): Promise<CruiseResult['summary']> {
  const program = 'dependency-cruiser/bin/dependency-cruiser.mjs';
  const parameters = ['--config', table, '--output-type', 'json', 'src'];
  const { stdout, complaint } = await runTool(root, program, parameters, directory);
  if (stdout === '') throw new Error(`the source could not be cruised: ${complaint}`);
  return (JSON.parse(stdout) as CruiseResult).summary;
}

/** A violation as `rule: importer`. */
function named({ rule, from }: { readonly rule: { readonly name: string }; readonly from: string }): string {
  return `${rule.name}: ${from}`;
}

describe('the source', () => {
  it(
    'imports nothing that the table forbids',
    async () => {
      const { violations, totalCruised } = await cruise(root);
      expect(violations.map((violation) => `${named(violation)} -> ${violation.to}`)).toEqual([]);
      // A cruise that finds nothing to look at finds nothing wrong either.
      expect(totalCruised).toBeGreaterThan(150);
    },
    PATIENCE_MILLISECONDS,
  );
});

/** One forbidden import for every rule: the rule, who imports, and what. */
const planted: readonly (readonly [rule: string, importer: string, imported: string])[] = [
  ['oci-imports-only-its-row', 'src/oci/planted.ts', '../policy/victim.ts'],
  ['policy-imports-only-its-row', 'src/policy/planted.ts', '../planning/victim.ts'],
  ['planning-imports-only-its-row', 'src/planning/planted.ts', '../registry/victim.ts'],
  ['time-imports-only-its-row', 'src/time/planted.ts', '../oci/victim.ts'],
  ['config-imports-only-its-row', 'src/config/planted.ts', '../registry/victim.ts'],
  ['registry-imports-only-its-row', 'src/registry/planted.ts', '../policy/victim.ts'],
  ['inventory-imports-only-its-row', 'src/inventory/planted.ts', '../planning/victim.ts'],
  ['execution-imports-only-its-row', 'src/execution/planted.ts', '../inventory/victim.ts'],
  ['verification-imports-only-its-row', 'src/verification/planted.ts', '../execution/victim.ts'],
  ['state-imports-only-its-row', 'src/state/planted.ts', '../registry/victim.ts'],
  ['reconciliation-imports-only-its-row', 'src/reconciliation/planted.ts', '../jobs/victim.ts'],
  ['jobs-imports-only-its-row', 'src/jobs/planted.ts', '../registry/victim.ts'],
  ['api-imports-only-its-row', 'src/api/planted.ts', '../execution/victim.ts'],
  ['notifications-imports-only-its-row', 'src/notifications/planted.ts', '../registry/victim.ts'],
  ['observability-imports-only-its-row', 'src/observability/planted.ts', '../execution/victim.ts'],
  ['cli-imports-only-its-row', 'src/cli/planted.ts', '../main.ts'],
  ['every-folder-is-in-the-table', 'src/helpers/planted.ts', '../oci/victim.ts'],
  ['pure-folders-have-no-io-and-no-framework', 'src/oci/reads-files.ts', 'node:fs'],
  ['pure-folders-have-no-io-and-no-framework', 'src/policy/waits.ts', 'node:timers/promises'],
  ['pure-folders-have-no-io-and-no-framework', 'src/planning/injects.ts', '@nestjs/common'],
  ['pure-folders-have-no-io-and-no-framework', 'src/planning/generates.ts', 'fast-check'],
  ['pure-folders-have-no-io-and-no-framework', 'src/policy/borrows.ts', 'ms'],
  ['only-registry-imports-axios', 'src/execution/fetches.ts', 'axios'],
  ['only-state-imports-typeorm', 'src/jobs/queries.ts', 'typeorm'],
  ['only-jobs-imports-pg-boss', 'src/api/enqueues.ts', 'pg-boss'],
  ['only-state-imports-pg', 'src/observability/connects.ts', 'pg'],
  ['only-jobs-imports-@nestjs-schedule', 'src/api/schedules.ts', '@nestjs/schedule'],
  ['no-cycles', 'src/oci/cycle-begins.ts', './cycle-ends.ts'],
  ['no-unresolved', 'src/oci/misspells.ts', './no-such-file.ts'],
  ['src-never-imports-test', 'src/cli/fakes.ts', '../../test/fakes/victim.ts'],
  ['src-never-imports-test', 'src/cli/measures.ts', '../../bench/victim.ts'],
  ['src-never-imports-ormconfig', 'src/state/configures.ts', '../../ormconfig.ts'],
];

/** Imports that are nobody's business: a row allows them, or a spec makes them. */
const innocent: readonly (readonly [importer: string, imported: string])[] = [
  // The other half of the cycle; it is reported where it begins.
  ['src/oci/cycle-ends.ts', './cycle-begins.ts'],
  ['src/planning/innocent.ts', '../policy/victim.ts'],
  ['src/oci/innocent.ts', 'node:crypto'],
  ['src/policy/innocent.ts', 'zod'],
  ['src/registry/innocent.ts', 'axios'],
  ['src/state/innocent.ts', 'typeorm'],
  ['src/jobs/innocent.ts', '@nestjs/schedule'],
  ['src/cli/innocent.ts', '../app.module.ts'],
  ['src/oci/innocent.spec.ts', '../state/victim.ts'],
  ['src/planning/innocent.spec.ts', 'fast-check'],
  ['src/cli/innocent.spec.ts', '../../test/fakes/victim.ts'],
];

function plantedFiles(): ReadonlyMap<string, string> {
  const imports = [...planted.map(([, importer, imported]) => [importer, imported] as const), ...innocent];
  const files = new Map(imports.map(([importer, imported]) => [importer, importing(imported)]));
  const relative = imports.filter(
    ([, imported]) => imported.startsWith('.') && !imported.includes('no-such'),
  );
  for (const [importer, imported] of relative) {
    const victim = path.join(path.dirname(importer), imported);
    if (!files.has(victim)) files.set(victim, 'export const victim = 1;\n');
  }
  return files;
}

/** Only the type: it leaves no trace in what the compiler writes, and counts all the same. */
function importing(imported: string): string {
  return `import type * as planted from '${imported}';\nexport type Planted = typeof planted;\n`;
}

describe('the table', () => {
  let tree: PlantedTree;
  let violations: readonly string[];

  beforeAll(async () => {
    tree = await plantTree(root, plantedFiles());
    violations = (await cruise(tree.directory)).violations.map(named);
  }, PATIENCE_MILLISECONDS);

  afterAll(() => tree.remove());

  it.each(planted)('bites: %s (%s imports %s)', (rule, importer) => {
    expect(violations).toContain(`${rule}: ${importer}`);
  });

  it('bites nothing else', () => {
    const expected = planted.map(([rule, importer]) => `${rule}: ${importer}`);
    expect(violations.toSorted()).toEqual(expected.toSorted());
  });

  it('has no rule that was never seen to bite', () => {
    const seen = new Set(planted.map(([rule]) => rule));
    expect(forbidden.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  });
});
