import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { TagListing } from '../../../src/registry/registry-client.ts';
import { answer } from '../../fakes/fake-answer.ts';
import { distribution31 } from '../../fakes/fake-distribution-profiles.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  absoluteLink,
  foreignLink,
  gzipped,
  htmlPage,
  jsonStatus,
  linkLoop,
  otherContent,
  oversize,
  oversizeHeader,
  plainNotFound,
  redirect,
  replacedHeader,
  severalLinks,
  truncatedList,
  unescapedLink,
  withTags,
} from '../../fakes/fake-faults.ts';
import type { FakeProfile, FakeProfileName } from '../../fakes/fake-profile.ts';
import { fakeProfile } from '../../fakes/fake-profiles.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { APP, RegistryBench } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const TAGS = ['a', 'b b', 'c', 'd', 'e'].map((name) => name.replace(' ', '-'));

/** Two entries on a page, of tags and of repositories. */
function paged(profile: FakeProfile): FakeProfile {
  return {
    ...profile,
    catalog: { ...profile.catalog, defaultPage: 2 },
    tags: { ...profile.tags, defaultPage: 2 },
  };
}

async function startWithTags(profile: FakeProfile = paged(distribution31)): Promise<FakeRegistry> {
  const registry = await bench.start({ profile });
  for (const tag of TAGS) registry.storage.putManifest(APP, tag, '{}', 'application/json');
  return registry;
}

function namesOf(listing: TagListing): readonly string[] | 'repository-unknown' {
  return listing.kind === 'listed' ? [...listing.names].sort() : listing.kind;
}

const PAGED_PROFILES: readonly FakeProfileName[] = [
  'distribution-2.8',
  'distribution-3.0',
  'distribution-3.1',
  'zot',
  'gitlab',
  'ghcr',
  'ecr',
  'hub',
  'quay',
  'gar',
  'harbor',
];

describe('the tags of a repository', () => {
  it.each(PAGED_PROFILES)('are all read from %s, by its Link alone', async (name) => {
    const registry = await startWithTags(paged(fakeProfile(name)));

    const listing = await bench.client(registry).listTags(APP);

    expect(namesOf(listing)).toEqual(TAGS);
    expect(registry.history.all[0]?.target).toBe('/v2/team/app/tags/list');
  });

  it.each<[string, (registry: FakeRegistry) => Fault]>([
    ['with the origin in it', (registry) => absoluteLink(registry.url)],
    ['with nothing escaped', () => unescapedLink()],
    ['behind others in one header', () => severalLinks()],
  ])('are read by a Link %s', async (_how, faultFor) => {
    const registry = await startWithTags();
    registry.faults.add({
      operation: ['list-tags', 'list-tags-next'],
      fault: faultFor(registry),
      times: 2,
    });

    expect(namesOf(await bench.client(registry).listTags(APP))).toEqual(TAGS);
  });

  it.each<[string, Fault, string]>([
    ['to another origin', foreignLink('http://127.0.0.1:9'), 'LISTING_INCOMPLETE'],
    ['to itself', linkLoop(), 'LISTING_INCOMPLETE'],
    ['that nobody can read', replacedHeader('Link', 'next'), 'LISTING_INCOMPLETE'],
    ['larger than a header may be', oversizeHeader(), 'MALFORMED_RESPONSE'],
  ])('are not complete where a page has a Link %s', async (_how, fault, code) => {
    const registry = await startWithTags();
    registry.faults.add({ operation: 'list-tags', fault });

    await expect(bench.client(registry).listTags(APP)).rejects.toMatchObject({ code, absent: undefined });
  });

  it('are not complete where the pages run in a circle', async () => {
    const registry = await startWithTags();
    const first = replacedHeader('Link', '</v2/team/app/tags/list>; rel="next"');
    registry.faults.add({ operation: 'list-tags-next', fault: first });

    await expect(bench.client(registry).listTags(APP)).rejects.toMatchObject({ code: 'LISTING_INCOMPLETE' });
  });

  it.each<[string, Fault, string]>([
    ['404 NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN'), 'LISTING_INCOMPLETE'],
    ['404 in plain text', plainNotFound(), 'LISTING_INCOMPLETE'],
    ['400', jsonStatus(400, 'PAGINATION_NUMBER_INVALID'), 'LISTING_INCOMPLETE'],
    ['405', jsonStatus(405, 'UNSUPPORTED'), 'LISTING_INCOMPLETE'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['401', jsonStatus(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
    ['half a document', otherContent('{"name":"team/app","tags":["c"'), 'MALFORMED_RESPONSE'],
    [
      'the tags of another repository',
      otherContent('{"name":"team/base","tags":["c"]}'),
      'MALFORMED_RESPONSE',
    ],
  ])('are neither some nor none where the second page is %s', async (_what, fault, code) => {
    const registry = await startWithTags();
    registry.faults.add({ operation: 'list-tags-next', fault });

    await expect(bench.client(registry).listTags(APP)).rejects.toMatchObject({ code, absent: undefined });
  });

  it.each<[string, Fault, string]>([
    ['404 in plain text', plainNotFound(), 'NOT_FOUND'],
    ['404 of another kind', jsonStatus(404, 'UNKNOWN'), 'NOT_FOUND'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
    ['half a document', otherContent('{"name":"team/app","tags":["a"'), 'MALFORMED_RESPONSE'],
    ['a document without tags', otherContent('{"name":"team/app"}'), 'MALFORMED_RESPONSE'],
    ['a document without a name', otherContent('{"tags":[]}'), 'MALFORMED_RESPONSE'],
    ['tags that are no list', otherContent('{"name":"team/app","tags":{}}'), 'MALFORMED_RESPONSE'],
    ['the list of another repository', otherContent('{"name":"team/ap","tags":[]}'), 'MALFORMED_RESPONSE'],
    ['nothing at all', otherContent(''), 'MALFORMED_RESPONSE'],
    ['bytes that are no UTF-8', otherContent(Buffer.from([0x22, 0xff, 0x22])), 'MALFORMED_RESPONSE'],
    ['a compressed document', gzipped(), 'MALFORMED_RESPONSE'],
    ['a success without content', { kind: 'answer', answer: answer(204) }, 'LISTING_INCOMPLETE'],
    ['more than 64 MiB', oversize(65 * 1024 * 1024), 'LISTING_INCOMPLETE'],
    ['a body that is cut', cutBody('length'), 'NETWORK'],
    ['a body that is cut and had no length', cutBody('close'), 'MALFORMED_RESPONSE'],
    ['a body that is cut between its chunks', cutBody('chunked'), 'NETWORK'],
  ])('are not none where the answer is %s', async (_what, fault, code) => {
    const registry = await startWithTags();
    registry.faults.add({ operation: 'list-tags', fault });

    await expect(bench.client(registry).listTags(APP)).rejects.toMatchObject({ code, absent: undefined });
  });

  it('are none where the registry lists null', async () => {
    const registry = await startWithTags(distribution31);
    for (const tag of TAGS) registry.storage.deleteTag(APP, tag);

    await expect(bench.client(registry).listTags(APP)).resolves.toEqual({
      kind: 'listed',
      names: [],
      invalid: [],
    });
  });

  it('are unknown, and not none, where the registry says NAME_UNKNOWN', async () => {
    const registry = await bench.start();

    await expect(bench.client(registry).listTags(APP)).resolves.toEqual({ kind: 'repository-unknown' });
  });

  it('leave out what cannot be a tag, and tell of it', async () => {
    const registry = await startWithTags(distribution31);
    const digest = `sha256:${'0'.repeat(64)}`;
    registry.faults.add({
      operation: 'list-tags',
      fault: withTags(null, digest, '-ot-beta-jmx', 7, '__proto__'),
    });

    const listing = await bench.client(registry).listTags(APP);

    expect(namesOf(listing)).toEqual(['__proto__', ...TAGS]);
    expect(listing).toMatchObject({ invalid: ['null', digest, '-ot-beta-jmx', '7'] });
  });

  it('are read past a redirect on the same origin', async () => {
    const registry = await startWithTags(distribution31);
    registry.faults.add({ operation: 'list-tags', nth: 1, fault: redirect('/v2/team/app/tags/list?again') });

    expect(namesOf(await bench.client(registry).listTags(APP))).toEqual(TAGS);
  });
});

function cutBody(framing: 'length' | 'close' | 'chunked'): Fault {
  return { kind: 'cut-body', framing, afterBytes: 10, end: 'close' };
}

describe('a page that another origin serves', () => {
  let registry: FakeRegistry;
  let stranger: FakeRegistry;

  beforeEach(async () => {
    registry = await startWithTags();
    stranger = await startWithTags();
    registry.faults.add({ operation: 'list-tags', fault: redirect(`${stranger.url}/v2/team/app/tags/list`) });
  });

  it('does not lead the listing away from the registry', async () => {
    await expect(bench.client(registry).listTags(APP)).rejects.toMatchObject({ code: 'LISTING_INCOMPLETE' });
    expect(stranger.history.count({ operation: 'list-tags-next' })).toBe(0);
  });
});

describe('the catalog', () => {
  const REPOSITORIES = ['base', 'team/app', 'team/app/sub', 'team/base', 'tools'];

  async function startWithRepositories(): Promise<FakeRegistry> {
    const registry = await bench.start({ profile: paged(distribution31) });
    for (const name of REPOSITORIES) registry.storage.putManifest(name, 'v1', '{}', 'application/json');
    return registry;
  }

  it('is read to its end', async () => {
    const registry = await startWithRepositories();

    const { names, invalid } = await bench.client(registry).listRepositories();

    expect([...names].sort()).toEqual(REPOSITORIES);
    expect(invalid).toEqual([]);
    expect(registry.history.count({ operation: 'list-catalog-next' })).toBe(2);
  });

  it('tells of names that are none', async () => {
    const registry = await startWithRepositories();
    const names = otherContent('{"repositories":["base","UPPER","a//b",null,"x","../etc"]}');
    registry.faults.add({ operation: 'list-catalog', fault: names });
    registry.faults.add({ operation: 'list-catalog-next', fault: truncatedList(0) });

    await expect(bench.client(registry).listRepositories()).resolves.toEqual({
      names: ['base', 'x'],
      invalid: ['UPPER', 'a//b', 'null', '../etc'],
    });
  });

  it.each<[string, Fault, string]>([
    ['401', jsonStatus(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
    ['404 in plain text, as GHCR', plainNotFound(), 'NOT_FOUND'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
    ['an empty object', otherContent('{}'), 'MALFORMED_RESPONSE'],
  ])('is not empty where the answer is %s', async (_what, fault, code) => {
    const registry = await startWithRepositories();
    registry.faults.add({ operation: 'list-catalog', fault });

    await expect(bench.client(registry).listRepositories()).rejects.toMatchObject({ code });
  });
});
