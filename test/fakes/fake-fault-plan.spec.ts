import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sendWire, type WireRequest } from '../contract/wire-client.ts';
import { faultKinds } from './fake-fault-kinds.ts';
import { htmlPage, plainNotFound } from './fake-faults.ts';
import { FakeRegistry } from './fake-registry.ts';

const index = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const accept = { Accept: 'application/vnd.oci.image.index.v1+json' };

const getTag: WireRequest = { method: 'GET', path: '/v2/app/manifests/v1', headers: accept };

let registry: FakeRegistry;

beforeEach(async () => {
  registry = await FakeRegistry.start();
  registry.storage.putManifest('app', 'v1', index, 'application/vnd.oci.image.index.v1+json');
});

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

const send = (wire: WireRequest) => sendWire(registry.url, wire);

describe('the fault plan', () => {
  const statuses = async (): Promise<number[]> => {
    const seen: number[] = [];
    for (let i = 0; i < 4; i += 1) seen.push((await send(getTag)).status);
    return seen;
  };

  it.each([
    ['every request', {}, [404, 404, 404, 404]],
    ['only the second', { nth: 2 }, [200, 404, 200, 200]],
    ['the first two', { times: 2 }, [404, 404, 200, 200]],
    ['two from the second on', { nth: 2, times: 2 }, [200, 404, 404, 200]],
    ['none of another repository', { repository: 'other' }, [200, 200, 200, 200]],
    ['none of another tag', { reference: 'v9' }, [200, 200, 200, 200]],
  ])('strikes %s', async (_name, rule, expected) => {
    registry.faults.add({ operation: 'get-tag', ...rule, fault: plainNotFound() });
    expect(await statuses()).toEqual(expected);
  });

  it('lets the first of two rules strike, and the second when the first is over', async () => {
    registry.faults.add({ operation: 'get-tag', times: 1, fault: plainNotFound() });
    const second = registry.faults.add({ operation: 'get-tag', times: 1, fault: htmlPage(502) });
    expect(await statuses()).toEqual([404, 502, 200, 200]);
    expect(second.struck()).toBe(1);
  });

  it('takes a rule back', async () => {
    const planned = registry.faults.add({ operation: 'get-tag', fault: plainNotFound() });
    planned.remove();
    expect(await statuses()).toEqual([200, 200, 200, 200]);
  });

  it('has a name for every kind that a server can cause', () => {
    expect(faultKinds.size).toBe(37);
  });
});
