import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sendWire, type WireRequest } from '../contract/wire-client.ts';
import { digestOf } from './fake-digest.ts';
import { type Fault } from './fake-fault.ts';
import {
  absoluteLink,
  foreignLink,
  foreignLocation,
  linkLoop,
  otherDigestAlgorithm,
  oversizeHeader,
  relativeLocation,
  replacedHeader,
  severalLinks,
  truncatedList,
  unescapedLink,
  withoutHeader,
  withTags,
} from './fake-faults.ts';
import { FakeRegistry } from './fake-registry.ts';

const layer = Buffer.from('twenty bytes of layer');
const index = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const accept = { Accept: 'application/vnd.oci.image.index.v1+json' };

const getTag: WireRequest = { method: 'GET', path: '/v2/app/manifests/v1', headers: accept };
const listTags: WireRequest = { method: 'GET', path: '/v2/app/tags/list?n=1' };

let registry: FakeRegistry;

beforeEach(async () => {
  registry = await FakeRegistry.start();
  registry.storage.putBlob('app', layer);
  registry.storage.putManifest('app', 'v1', index, 'application/vnd.oci.image.index.v1+json');
  // Not a valid tag: only such a one makes a difference between an escaped and an unescaped Link.
  registry.storage.putManifest('app', 'v+2', index, 'application/vnd.oci.image.index.v1+json');
});

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

const send = (wire: WireRequest) => sendWire(registry.url, wire);

describe('faults in headers', () => {
  it.each<[string, Fault, string, string | undefined]>([
    ['leaves the digest away', withoutHeader('docker-content-digest'), 'docker-content-digest', undefined],
    [
      'gives a digest of another algorithm',
      otherDigestAlgorithm(),
      'docker-content-digest',
      digestOf(index, 'sha512'),
    ],
    [
      'gives another content type',
      replacedHeader('Content-Type', 'text/plain'),
      'content-type',
      'text/plain',
    ],
  ])('%s', async (_name, fault, header, value) => {
    registry.faults.add({ fault });
    expect((await send(getTag)).headers[header]).toBe(value);
  });

  it.each<[string, () => Fault, () => string]>([
    ['to the page itself', linkLoop, () => `<${listTags.path}>; rel="next"`],
    [
      'to another origin',
      () => foreignLink('http://other'),
      () => '<http://other/v2/_catalog?last=x&n=1>; rel="next"',
    ],
    ['unescaped', unescapedLink, () => '</v2/app/tags/list?last=v+2&n=1>; rel="next"'],
    [
      'with the origin',
      () => absoluteLink(registry.url),
      () => `<${registry.url}/v2/app/tags/list?last=v%2B2&n=1>; rel="next"`,
    ],
  ])('links %s', async (_name, fault, link) => {
    registry.faults.add({ fault: fault() });
    expect((await send(listTags)).headers.link).toBe(link());
  });

  it('adds entries that are no tags', async () => {
    registry.faults.add({ fault: withTags(null, 'sha256:00') });
    const { body } = await send({ ...listTags, path: '/v2/app/tags/list' });
    expect(JSON.parse(body.toString())).toEqual({ name: 'app', tags: ['v+2', 'v1', null, 'sha256:00'] });
  });

  it('passes a part of a list off as all of it', async () => {
    registry.faults.add({ fault: truncatedList(0) });
    const { body, headers } = await send(listTags);
    expect([JSON.parse(body.toString()), headers.link]).toEqual([{ name: 'app', tags: [] }, undefined]);
  });

  it.each<[string, Fault, RegExp]>([
    ['no origin', relativeLocation(), /^\/v2\/app\/blobs\/uploads\//],
    [
      'another origin',
      foreignLocation('https://evil.example'),
      /^https:\/\/evil\.example\/v2\/app\/blobs\/uploads\//,
    ],
  ])('gives an upload location with %s', async (_name, fault, location) => {
    registry.faults.add({ fault });
    const opened = await send({ method: 'POST', path: '/v2/app/blobs/uploads/', body: Buffer.alloc(0) });
    expect(opened.headers.location).toMatch(location);
  });

  it('sends more headers than a client reads by default', async () => {
    registry.faults.add({ fault: oversizeHeader() });
    await expect(send(getTag)).rejects.toThrow(/Header overflow/);
  });

  it('puts the link behind others', async () => {
    registry.faults.add({ fault: severalLinks() });
    expect((await send(listTags)).headers.link).toMatch(
      /rel="first", .*, <[^>]+last=v%2B2&n=1>; rel="next"$/,
    );
  });
});
