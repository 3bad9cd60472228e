import { afterEach, describe, expect, it } from '@jest/globals';

import { parseDigest } from '../../../src/oci/digest.ts';
import { ociImage } from '../../builders/image-content.ts';
import { referrerOf } from '../../builders/referrer-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  htmlPage,
  jsonStatus,
  otherContent,
  plainMethodNotAllowed,
  plainNotFound,
} from '../../fakes/fake-faults.ts';
import { zot } from '../../fakes/fake-vendor-profiles.ts';
import type { FakeProfile } from '../../fakes/fake-profile.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { APP, RegistryBench } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const image = ociImage('image');
const subject = parseDigest(image.root.digest);
const signatures = ['a', 'b', 'c'].map((seed) => referrerOf(seed, image.root));

async function startSigned(profile: FakeProfile = zot): Promise<FakeRegistry> {
  const registry = await bench.start({ profile });
  registry.storage.putManifestAs(APP, 'v1', image.root);
  for (const { root } of signatures) registry.storage.putManifestAs(APP, root.digest, root);
  return registry;
}

describe('the referrers of a manifest', () => {
  it('are those that the registry lists', async () => {
    const registry = await startSigned();

    const listing = await bench.client(registry).listReferrers(APP, subject);

    expect(listing).toMatchObject({
      kind: 'listed',
      descriptors: signatures.map(({ root }) => ({ digest: root.digest, size: root.bytes.length })),
    });
  });

  it('are read over several pages', async () => {
    const registry = await startSigned({ ...zot, referrers: { ...zot.referrers, pageSize: 2 } });

    const listing = await bench.client(registry).listReferrers(APP, subject);

    expect(listing).toMatchObject({ descriptors: signatures.map(({ root }) => ({ digest: root.digest })) });
    expect(registry.history.count({ operation: 'list-referrers-next' })).toBe(1);
  });

  it('are none, and not unsupported, where the list is empty', async () => {
    const registry = await startSigned();
    const [first] = signatures;

    const listing = await bench.client(registry).listReferrers(APP, parseDigest(first!.root.digest));

    expect(listing).toEqual({ kind: 'listed', descriptors: [] });
  });

  it.each<[string, Fault]>([
    ['404 in plain text', plainNotFound()],
    ['404 UNSUPPORTED', jsonStatus(404, 'UNSUPPORTED')],
    ['405', plainMethodNotAllowed()],
    ['400 UNSUPPORTED', jsonStatus(400, 'UNSUPPORTED')],
  ])('cannot be asked for where the answer is %s', async (_what, fault) => {
    const registry = await startSigned();
    registry.faults.add({ operation: 'list-referrers', fault });

    await expect(bench.client(registry).listReferrers(APP, subject)).resolves.toEqual({
      kind: 'unsupported',
    });
  });

  it.each<[string, Fault, object]>([
    ['404 NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN'), { code: 'NOT_FOUND', absent: 'repository' }],
    ['400 of another kind', jsonStatus(400, 'MANIFEST_INVALID'), { code: 'MALFORMED_RESPONSE' }],
    ['401', jsonStatus(401, 'UNAUTHORIZED'), { code: 'UNAUTHORIZED' }],
    ['403', jsonStatus(403, 'DENIED'), { code: 'FORBIDDEN' }],
    ['500', jsonStatus(500, 'UNKNOWN'), { code: 'SERVER_ERROR' }],
    ['an HTML page', htmlPage(), { code: 'MALFORMED_RESPONSE' }],
    ['no index', otherContent('{}'), { code: 'MALFORMED_RESPONSE' }],
    ['a descriptor without a digest', otherContent('{"manifests":[{}]}'), { code: 'MALFORMED_RESPONSE' }],
  ])('are unknown where the answer is %s', async (_what, fault, expected) => {
    const registry = await startSigned();
    registry.faults.add({ operation: 'list-referrers', fault });

    await expect(bench.client(registry).listReferrers(APP, subject)).rejects.toMatchObject(expected);
  });

  it.each<[string, Fault]>([
    ['404', plainNotFound()],
    ['405', plainMethodNotAllowed()],
  ])('are not complete where the second page is %s', async (_what, fault) => {
    const registry = await startSigned({ ...zot, referrers: { ...zot.referrers, pageSize: 2 } });
    registry.faults.add({ operation: 'list-referrers-next', fault });

    await expect(bench.client(registry).listReferrers(APP, subject)).rejects.toMatchObject({
      code: 'LISTING_INCOMPLETE',
    });
  });
});
