import { afterEach, describe, expect, it } from '@jest/globals';
import { locationPath, sendWire, type WireAnswer, type WireRequest } from '../contract/wire-client.ts';
import { digestOf, referrersTagOf } from './fake-digest.ts';
import { type FakeProfileName } from './fake-profile.ts';
import { fakeProfiles } from './fake-profiles.ts';
import { FakeRegistry } from './fake-registry.ts';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const indexOf = (annotation: string): Buffer =>
  Buffer.from(
    `{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[],"annotations":{"a":"${annotation}"}}`,
  );
const first = indexOf('first');
const second = indexOf('second');
const parent = Buffer.from(
  `{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[{"mediaType":"${ociIndex}","digest":"${digestOf(first)}","size":1}]}`,
);
const sparse = Buffer.from(parent.toString().replace(digestOf(first), digestOf(Buffer.from('absent'))));

let registry: FakeRegistry;

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

/** A registry of that profile whose repository `app` has v1 and v2 on one manifest, v3 on another, and a parent index. */
async function start(profile: FakeProfileName): Promise<void> {
  registry = await FakeRegistry.start({ profile });
  const { storage } = registry;
  storage.putManifest('app', 'v1', first, ociIndex);
  storage.putManifest('app', 'v2', first, ociIndex);
  storage.putManifest('app', 'v3', second, ociIndex);
}

const send = (wire: WireRequest): Promise<WireAnswer> =>
  sendWire(registry.url, { ...wire, headers: { Accept: `${ociIndex}, ${ociManifest}`, ...wire.headers } });
const codeOf = ({ body }: WireAnswer): unknown => {
  try {
    return (JSON.parse(body.toString()) as { errors?: { code: string }[] }).errors?.[0]?.code;
  } catch {
    return body.toString().trim();
  }
};
const summary = async (wire: WireRequest): Promise<readonly unknown[]> => {
  const answer = await send(wire);
  return [answer.status, codeOf(answer)].filter((part) => part !== undefined && part !== '');
};
const put = (reference: string, body: Buffer, repository = 'app'): WireRequest => ({
  method: 'PUT',
  path: `/v2/${repository}/manifests/${reference}`,
  headers: { 'Content-Type': ociIndex },
  body,
});
const remove = (reference: string, repository = 'app'): WireRequest => ({
  method: 'DELETE',
  path: `/v2/${repository}/manifests/${reference}`,
});

describe('every profile', () => {
  it.each([...fakeProfiles.keys()])('%s serves a tag, its digest and the tag list', async (profile) => {
    await start(profile);
    const statuses = [
      await send({ method: 'HEAD', path: '/v2/app/manifests/v1' }),
      await send({ method: 'GET', path: `/v2/app/manifests/${digestOf(first)}` }),
      await send({ method: 'GET', path: '/v2/app/tags/list' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('DELETE by tag name', () => {
  it.each<[FakeProfileName, readonly unknown[], readonly unknown[], readonly unknown[]]>([
    ['distribution-2.8', [400, 'DIGEST_INVALID'], [400, 'DIGEST_INVALID'], [400, 'DIGEST_INVALID']],
    ['distribution-2.8-nodelete', [405, 'UNSUPPORTED'], [405, 'UNSUPPORTED'], [405, 'UNSUPPORTED']],
    [
      'distribution-2.8-readonly',
      [405, 'Method not allowed'],
      [405, 'Method not allowed'],
      [405, 'Method not allowed'],
    ],
    ['distribution-3.0', [202], [404, 'MANIFEST_UNKNOWN'], [404, 'MANIFEST_UNKNOWN']],
    ['distribution-3.1', [202], [404, 'MANIFEST_UNKNOWN'], [404, 'MANIFEST_UNKNOWN']],
    ['zot', [202], [404, 'MANIFEST_UNKNOWN'], [400, 'NAME_UNKNOWN']],
    ['gitlab', [202], [404, 'MANIFEST_UNKNOWN'], [404, 'MANIFEST_UNKNOWN']],
    ['ghcr', [405, 'UNSUPPORTED'], [405, 'UNSUPPORTED'], [405, 'UNSUPPORTED']],
    ['hub', [202], [404, 'MANIFEST_UNKNOWN'], [404, 'MANIFEST_UNKNOWN']],
    ['quay', [202], [404, 'MANIFEST_UNKNOWN'], [404, 'NAME_UNKNOWN']],
    ['gar', [202], [404, 'MANIFEST_UNKNOWN'], [404, 'MANIFEST_UNKNOWN']],
    ['harbor', [400, 'UNSUPPORTED'], [400, 'UNSUPPORTED'], [400, 'UNSUPPORTED']],
  ])('on %s', async (profile, existing, absent, unknown) => {
    await start(profile);
    expect(await summary(remove('v1'))).toEqual(existing);
    expect(await summary(remove('absent'))).toEqual(absent);
    expect(await summary(remove('v1', 'nobody'))).toEqual(unknown);
    expect(registry.storage.tags('app').has('v2')).toBe(true);
  });
});

describe('DELETE by digest', () => {
  it.each<[FakeProfileName, readonly unknown[], readonly string[]]>([
    ['distribution-2.8', [202], ['v3']],
    ['distribution-3.1', [202], ['v3']],
    ['ghcr', [405, 'UNSUPPORTED'], ['v1', 'v2', 'v3']],
    ['gar', [400, 'GOOGLE_MANIFEST_DANGLING_TAG'], ['v1', 'v2', 'v3']],
  ])('on %s', async (profile, answer, left) => {
    await start(profile);
    expect(await summary(remove(digestOf(first)))).toEqual(answer);
    expect([...registry.storage.tags('app').keys()]).toEqual(left);
  });

  it('of a child of an index is refused by zot', async () => {
    await start('zot');
    registry.storage.putManifest('app', 'parent', parent, ociIndex);
    expect(await summary(remove(digestOf(first)))).toEqual([405, 'DENIED']);
  });

  it('of an untagged manifest is 404 on Quay', async () => {
    await start('quay');
    registry.storage.putManifest('app', digestOf(parent), parent, ociIndex);
    expect(await summary(remove(digestOf(parent)))).toEqual([404, 'MANIFEST_UNKNOWN']);
  });
});

const nextOf = ({ headers }: WireAnswer): string | undefined =>
  /^<([^>]+)>/.exec(String(headers.link ?? ''))?.[1];

describe('tag lists', () => {
  const pages = async (query: string): Promise<readonly unknown[]> => {
    const seen: unknown[] = [];
    let path: string | undefined = `/v2/app/tags/list${query}`;
    while (path !== undefined) {
      const answer: WireAnswer = await send({ method: 'GET', path });
      seen.push((JSON.parse(answer.body.toString()) as { tags: unknown }).tags);
      path = nextOf(answer);
    }
    return seen;
  };

  it.each<[FakeProfileName, readonly unknown[]]>([
    ['distribution-3.0', [['v1', 'v2'], ['v3']]],
    ['distribution-3.1', [['v1', 'v2'], ['v3']]],
    ['zot', [['v1', 'v2'], ['v3']]],
    ['ecr', [['v1', 'v2'], ['v3']]],
    ['quay', [['v1', 'v2'], ['v3']]],
    ['hub', [['v1', 'v2'], ['v3']]],
  ])('of %s come in pages that the Link leads through', async (profile, expected) => {
    await start(profile);
    expect(await pages('?n=2')).toEqual(expected);
  });

  it('of distribution 3.1 end with an empty page where the last one was full', async () => {
    await start('distribution-3.1');
    expect(await pages('?n=3')).toEqual([['v1', 'v2', 'v3'], null]);
  });

  it.each<[FakeProfileName, string, readonly unknown[]]>([
    ['distribution-3.0', '?n=1&last=v1', [200, ['v3']]],
    ['distribution-3.1', '?n=1&last=v1', [200, ['v2']]],
    ['zot', '?n=1&last=v1', [404, undefined]],
    ['ecr', '?n=1&last=v1', [405, undefined]],
    ['ecr', '?n=1001', [405, undefined]],
    ['distribution-3.1', '?n=1001', [200, ['v2', 'v3']]],
  ])('of %s answer %s after v1 was deleted', async (profile, query, expected) => {
    await start(profile);
    registry.storage.deleteTag('app', 'v1');
    const answer = await send({ method: 'GET', path: `/v2/app/tags/list${query}` });
    const { tags } = JSON.parse(answer.body.toString()) as { tags?: unknown };
    expect([answer.status, tags]).toEqual(expected);
  });

  it('of distribution 2.8 have no order', async () => {
    await start('distribution-2.8');
    for (const tag of ['a', 'b', 'c', 'd', 'e']) registry.storage.setTag('app', tag, digestOf(first));
    const [tags] = (await pages('')) as [string[]];
    expect(tags).not.toEqual([...tags].sort());
    expect([...tags].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'v1', 'v2', 'v3']);
  });
});

describe('other quirks', () => {
  const get = (path: string): WireRequest => ({ method: 'GET', path });
  const app = '/v2/app';

  it.each<[FakeProfileName, string, WireRequest, readonly unknown[]]>([
    ['ghcr', 'has no catalog', get('/v2/_catalog'), [404, '404 page not found']],
    ['ecr', 'has no catalog', get('/v2/_catalog'), [404, '404 page not found']],
    ['hub', 'has no catalog', get('/v2/_catalog'), [401, 'UNAUTHORIZED']],
    ['ecr', 'has immutable tags', put('v3', first), [400, 'TAG_INVALID']],
    ['ecr', 'takes the same manifest again', put('v1', first), [201]],
    ['ecr', 'makes no repositories', put('v1', first, 'new'), [404, 'NAME_UNKNOWN']],
    ['harbor', 'has immutable tags', put('v3', first), [412, 'PRECONDITION']],
    [
      'quay',
      'refuses a mount without from',
      { method: 'POST', path: `${app}/blobs/uploads/?mount=${digestOf(first)}` },
      [400, 'NAME_INVALID'],
    ],
    ['distribution-3.1', 'refuses a sparse index', put('sparse', sparse), [400, 'MANIFEST_BLOB_UNKNOWN']],
    ['ghcr', 'takes a sparse index', put('sparse', sparse), [201]],
    [
      'distribution-3.1',
      'has no referrers API',
      get(`${app}/referrers/${digestOf(first)}`),
      [404, '404 page not found'],
    ],
    ['zot', 'has a referrers API', get(`${app}/referrers/${digestOf(first)}`), [200]],
    [
      'gitlab',
      'takes a referrers tag for its digest',
      get(`${app}/manifests/${referrersTagOf(digestOf(first))}`),
      [200],
    ],
    [
      'quay',
      'has no referrers tag of its own',
      get(`${app}/manifests/${referrersTagOf(digestOf(first))}`),
      [404, 'MANIFEST_UNKNOWN'],
    ],
  ])('%s %s', async (profile, _title, wire, expected) => {
    await start(profile);
    expect(await summary(wire)).toEqual(expected);
  });

  it.each<[FakeProfileName, string | undefined, string | undefined]>([
    ['distribution-2.8', digestOf(first), digestOf(first)],
    ['no-digest-header', undefined, undefined],
    ['ecr', digestOf(first), undefined],
  ])('%s sends the digest of HEAD and GET as %s and %s', async (profile, onHead, onGet) => {
    await start(profile);
    const [head, got] = [
      await send({ method: 'HEAD', path: `${app}/manifests/v1` }),
      await send({ method: 'GET', path: `${app}/manifests/v1` }),
    ];
    const digests = [head, got].map(({ headers }) => headers['docker-content-digest']);
    expect(digests).toEqual([onHead, onGet]);
  });

  it('hub sends its rate limit', async () => {
    await start('hub');
    const { headers } = await send({ method: 'HEAD', path: `${app}/manifests/v1` });
    expect(headers['ratelimit-limit']).toBe('100;w=21600');
  });

  it('zot acknowledges a subject, lists the referrer and filters by type', async () => {
    await start('zot');
    const referrer = Buffer.from(
      `{"schemaVersion":2,"mediaType":"${ociIndex}","artifactType":"a/b","manifests":[],"subject":{"digest":"${digestOf(first)}","size":1}}`,
    );
    const taken = await send(put(digestOf(referrer), referrer));
    expect([taken.status, taken.headers['oci-subject']]).toEqual([201, digestOf(first)]);
    const list = await send(get(`${app}/referrers/${digestOf(first)}`));
    const filtered = await send(get(`${app}/referrers/${digestOf(first)}?artifactType=c/d`));
    const digestsOf = ({ body }: WireAnswer) =>
      (JSON.parse(body.toString()) as { manifests: { digest: string }[] }).manifests.map(
        ({ digest }) => digest,
      );
    expect([digestsOf(list), digestsOf(filtered)]).toEqual([[digestOf(referrer)], []]);
    expect([list.headers['oci-filters-applied'], filtered.headers['oci-filters-applied']]).toEqual([
      undefined,
      'artifactType',
    ]);
  });

  it.each<[FakeProfileName, number, number]>([
    ['distribution-3.1', 202, 201],
    ['ecr', 201, 400],
  ])('%s answers a second chunk with %i and the commit with %i', async (profile, chunk, commit) => {
    await start(profile);
    const opened = await send({ method: 'POST', path: `${app}/blobs/uploads/`, body: Buffer.alloc(0) });
    const one = await send({ method: 'PATCH', path: locationPath(opened), body: Buffer.from('one') });
    const two = await send({ method: 'PATCH', path: locationPath(one), body: Buffer.from('two') });
    const done = await send({
      method: 'PUT',
      path: `${locationPath(two)}&digest=${digestOf(Buffer.from('onetwo'))}`,
    });
    expect([two.status, done.status]).toEqual([chunk, commit]);
  });
});
