import { afterEach, describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../../src/config/configuration.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { compilePattern } from '../../../src/policy/pattern.ts';
import type { TagFilter } from '../../../src/policy/tag-filter.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import type { BuiltContent } from '../../builders/built-content.ts';
import {
  imageAnnotated,
  imageConfigured,
  imageWithConfiguration,
  indexCreated,
} from '../../builders/dated-content.ts';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { cosignTagOf, imageWithCosignSignature } from '../../builders/referrer-content.ts';
import { bitFlip, jsonStatus, plainNotFound } from '../../fakes/fake-faults.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { reconcile, stepLines, stepsOf } from './reconcile.ts';

const running: FakeRegistry[] = [];

async function start(): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start({ profile: 'distribution-2.8' });
  running.push(registry);
  return registry;
}

afterEach(async () => {
  for (const registry of running.splice(0)) await registry.stop();
});

const READS: readonly FakeOperation[] = ['get-tag', 'get-manifest', 'get-blob'];

/** A link that keeps the `count` tags that were created last, and what two of its cycles share. */
async function link(
  contents: Readonly<Record<string, BuiltContent>>,
  count: number,
  filter: Partial<TagFilter> = {},
) {
  const [primary, secondary] = [await start(), await start()];
  for (const [tag, content] of Object.entries(contents))
    await pushContent(primary.url, 'team/app', content, { tag });
  const store: StateStore = new MemoryStateStore(new SystemClock());
  const change = (configuration: Configuration): Configuration => ({
    ...configuration,
    links: configuration.links.map((each) => ({
      ...each,
      policy: { ...each.policy, tags: { ...each.policy.tags, ...filter, newest: { count, by: 'created' } } },
    })),
  });
  const options = { primary: primary.url, secondary: [secondary.url], deleteOrphans: true };
  const clear = (): void => {
    primary.history.clear();
    secondary.history.clear();
  };
  const tags = (): string[] => [...secondary.storage.tags('team/app').keys()].sort();
  return { primary, secondary, store, clear, tags, reconciliation: { options, store, change } };
}

const on = (day: string): { readonly created: string } => ({ created: `2024-05-${day}T10:00:00Z` });

describe('the newest tags by creation time', () => {
  it('are those whose images were built last, whatever they are called', async () => {
    const { reconciliation, tags } = await link(
      {
        'v9.9.9': imageConfigured('a', on('01')),
        'v1.0.0': imageConfigured('b', on('05')),
        annotated: imageAnnotated('c', '2024-05-04T00:00:00Z'),
        index: indexCreated('d', '2024-05-01T00:00:00Z', '2024-05-06T00:00:00.5Z', '2024-05-02T00:00:00Z'),
        silent: ociImage('e'),
      },
      3,
    );

    const report = await reconcile(reconciliation);

    expect(tags()).toEqual(['annotated', 'index', 'v1.0.0']);
    const skipped = stepsOf(report).filter(({ kind }) => kind === 'skip-tag');
    expect(skipped.map(({ tag, reason, message }) => [tag, reason, message]).sort()).toEqual([
      ['silent', 'FILTERED_TAG', 'is not among the 3 newest tags by creation time'],
      ['v9.9.9', 'FILTERED_TAG', 'is not among the 3 newest tags by creation time'],
    ]);
    expect(report.outcome).toBe('in-sync');
  });

  it('cost one HEAD per tag and no GET where nothing changed, and only what is new is read', async () => {
    const { primary, secondary, reconciliation, clear, tags } = await link(
      {
        a: imageConfigured('a', on('01')),
        b: imageConfigured('b', on('02')),
        c: indexCreated('c', '2024-05-03T00:00:00Z'),
        silent: ociImage('silent'),
      },
      2,
    );
    await reconcile(reconciliation);
    clear();
    const second = await reconcile(reconciliation);

    expect(second.outcome).toBe('in-sync');
    expect(primary.history.count({ operation: 'head-tag' })).toBe(4);
    expect(secondary.history.count({ operation: 'head-tag' })).toBe(2);
    expect([primary, secondary].map(({ history }) => history.count({ operation: READS }))).toEqual([0, 0]);
    expect(secondary.history.writes()).toEqual([]);

    await pushContent(primary.url, 'team/app', imageConfigured('old', on('01')), { tag: 'old' });
    clear();
    await reconcile(reconciliation);

    expect(primary.history.matching({ operation: READS }).map(({ operation }) => operation)).toEqual([
      'get-manifest',
      'get-blob',
    ]);
    expect(tags()).toEqual(['b', 'c']);
  });

  it('leave alone on the secondary what they push out on the primary', async () => {
    const { primary, reconciliation, tags } = await link(
      { a: imageConfigured('a', on('01')), b: imageConfigured('b', on('02')) },
      2,
    );
    await reconcile(reconciliation);
    await pushContent(primary.url, 'team/app', imageConfigured('c', on('03')), { tag: 'c' });

    const report = await reconcile(reconciliation);

    expect(stepLines(report)).toEqual(['copy-tag c done']);
    expect(tags()).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, BuiltContent]>([
    ['no JSON', imageWithConfiguration('x', 'created: now')],
    ['a time that is none', imageConfigured('x', { created: '9999-99-99T99:99:99Z' })],
    ['a thing for a time', imageConfigured('x', { created: { $gt: '' } })],
    ['more than 4 MiB', imageConfigured('x', { ...on('31'), padding: ' '.repeat(4 * 1024 * 1024) })],
  ])('count content as the oldest whose configuration is %s', async (_name, content) => {
    const { primary, reconciliation, clear, tags } = await link(
      { 'v9.9.9': content, old: imageConfigured('old', { created: '1970-01-01T00:00:00Z' }) },
      1,
    );

    await reconcile(reconciliation);
    clear();
    await reconcile(reconciliation);

    expect(tags()).toEqual(['old']);
    expect(primary.history.count({ operation: READS })).toBe(0);
  });

  it.each<[string, FakeOperation, Fault, string]>([
    ['the digest of a tag', 'head-tag', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['a manifest', 'get-manifest', plainNotFound(), 'NOT_FOUND'],
    ['a configuration', 'get-blob', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['the right configuration', 'get-blob', bitFlip(), 'DIGEST_MISMATCH'],
    [
      'a whole configuration',
      'get-blob',
      { kind: 'cut-body', framing: 'length', afterBytes: 10, end: 'reset' },
      'NETWORK',
    ],
  ])('are not guessed where %s cannot be read', async (_name, operation, fault, reason) => {
    const contents = {
      a: imageConfigured('a', on('01')),
      b: imageConfigured('b', on('02')),
      c: imageConfigured('c', on('03')),
    };
    const { primary, secondary, reconciliation, clear, tags } = await link(contents, 1);
    // The last: all others are read, and what they say is remembered.
    const planned = primary.faults.add({ operation, nth: 3, fault });

    const failed = await reconcile(reconciliation);

    expect(planned.struck()).toBe(1);
    expect(failed.links[0]?.repositories.map((each) => [each.outcome, each.failure?.reason])).toEqual([
      ['failed', reason],
    ]);
    expect(secondary.history.writes()).toEqual([]);

    clear();
    await reconcile(reconciliation);

    expect(tags()).toEqual(['c']);
    const looks = operation === 'head-tag' ? 3 : 1;
    // The copy reads the manifest and every blob of the one tag once more.
    expect(primary.history.count({ operation: 'get-manifest' })).toBe(looks + 1);
  });

  it('come with their signatures, which take no place among them', async () => {
    const [older, newer] = [imageWithCosignSignature('older'), imageWithCosignSignature('newer')];
    const dated = imageConfigured('dated', on('03'));
    const contents = { 'v1.0.0': older, 'v2.0.0': newer, dated };
    const { primary, reconciliation, clear, tags } = await link(contents, 2, {
      include: ['v*', 'dated'].map((text) => compilePattern(text)),
    });

    await reconcile(reconciliation);
    clear();
    await reconcile(reconciliation);

    // Neither of the signed images says when it was created: by version.
    expect(tags()).toEqual(['dated', cosignTagOf(newer.root, 'sig'), 'v2.0.0'].sort());
    expect(primary.history.count({ operation: 'get-blob' })).toBe(0);
  });

  it('are the same where only some of them are asked for', async () => {
    const { reconciliation, tags } = await link(
      {
        'v1.0.0': imageConfigured('a', on('01')),
        'v2.0.0': imageConfigured('b', on('02')),
        nightly: imageConfigured('c', on('03')),
      },
      2,
      { narrowedTo: [compilePattern('v*')] },
    );

    await reconcile(reconciliation);

    expect(tags()).toEqual(['v2.0.0']);
  });

  it('are those that are left when a tag vanishes after the listing', async () => {
    const { primary, reconciliation, tags } = await link(
      { a: imageConfigured('a', on('01')), b: imageConfigured('b', on('02')) },
      1,
    );
    primary.faults.add({
      operation: 'head-tag',
      times: 1,
      fault: { kind: 'change', change: (storage) => storage.deleteTag('team/app', 'b') },
    });

    const report = await reconcile(reconciliation);

    expect(stepLines(report)).toEqual(['copy-tag a done']);
    expect(tags()).toEqual(['a']);
  });

  it('come with a tag whose content the primary has lost, so that the loss is seen', async () => {
    const lost = imageConfigured('lost', on('01'));
    const { primary, reconciliation, tags } = await link({ a: imageConfigured('a', on('02')), lost }, 1);
    primary.storage.deleteBlob('team/app', lost.blobs[0]!.digest);

    const report = await reconcile(reconciliation);

    expect(stepLines(report).sort()).toEqual(['copy-tag a done', 'copy-tag lost failed MISSING_CONTENT']);
    expect(tags()).toEqual(['a']);
  });

  it('are told by the children that are there where an index has lost one', async () => {
    const index = indexCreated('index', '2024-05-03T00:00:00Z', '2024-05-09T00:00:00Z');
    const { primary, reconciliation, tags } = await link(
      { index, a: imageConfigured('a', on('04')), b: imageConfigured('b', on('05')) },
      2,
    );
    primary.storage.deleteManifest('team/app', index.manifests[1]!.digest);

    await reconcile(reconciliation);

    expect(tags()).toEqual(['a', 'b']);
  });

  it('ask no index for more than 64 manifests', async () => {
    const times = Array.from({ length: 80 }, () => '2024-05-01T00:00:00Z');
    const { primary, reconciliation } = await link(
      { wide: indexCreated('wide', ...times), a: imageConfigured('a', on('04')) },
      1,
    );

    await reconcile({ ...reconciliation, work: { command: 'plan' } });

    expect(primary.history.count({ operation: 'get-manifest' })).toBe(66);
  });
});
