import { describe, expect, it } from '@jest/globals';
import { USER_AGENT } from '../../config/user-agent.ts';
import { readDistributionEnvelope } from './distribution-envelope.ts';
import { HookRefusal } from './hook-refusal.ts';

const DIGEST = 'sha256:c90929ddcc0498a813cf1a8aa3f95a2d3caf0b1d5d0b0a0cf2de1ffa2e5ed0e1';

/** Modelled on what docker-registry 2.8.2 sends for `docker push`. */
const PUSH_OF_2_8 = {
  id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
  timestamp: '2026-03-09T14:44:26.402973972-08:00',
  action: 'push',
  target: {
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    size: 708,
    digest: DIGEST,
    length: 708,
    repository: 'team/app',
    url: `http://192.168.100.227:5000/v2/team/app/manifests/${DIGEST}`,
    tag: 'v1',
  },
  request: {
    id: '6df24a34-0959-4923-81ca-14f09767db19',
    addr: '192.168.64.11:42961',
    host: '192.168.100.227:5000',
    method: 'PUT',
    useragent: 'docker/28.0.1 go/go1.23.6 UpstreamClient(Docker-Client/28.0.1 \\(linux\\))',
  },
  actor: {},
  source: { addr: 'xtal.local:5000', instanceID: 'a53db899-3b4b-4a62-a067-8dd013beaca4' },
};

/** Modelled on what registry 3.0.0 sends for an index with `includereferences`. */
const PUSH_OF_3 = {
  ...PUSH_OF_2_8,
  target: {
    mediaType: 'application/vnd.oci.image.index.v1+json',
    digest: DIGEST,
    size: 491,
    length: 491,
    repository: 'team/app',
    url: `https://registry.eu.example.com/v2/team/app/manifests/${DIGEST}`,
    tag: 'v1',
    references: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: DIGEST,
        size: 480,
        platform: { architecture: 'amd64', os: 'linux' },
      },
    ],
  },
  actor: { name: 'ci' },
};

function read(...events: readonly unknown[]): ReturnType<typeof readDistributionEnvelope> {
  // The form in which distribution writes it: json.MarshalIndent with three spaces.
  return readDistributionEnvelope(JSON.stringify({ events }, undefined, 3));
}

function withTarget(action: string, target: object): unknown {
  return { ...PUSH_OF_2_8, action, target: { repository: 'team/app', ...target } };
}

describe('an envelope of distribution', () => {
  it.each([
    ['version 2.8', PUSH_OF_2_8],
    ['version 3', PUSH_OF_3],
  ])('tells a push: %s', (_version, event) => {
    const { id } = event;
    expect(read(event)).toEqual({
      changes: [{ id, author: 'foreign', repository: 'team/app', tag: 'v1', digest: DIGEST }],
      ignored: 0,
      refused: 0,
    });
  });

  it.each([
    [
      'a push by digest: a child of an index, or a referrer',
      'push',
      { digest: DIGEST, url: 'http://r/v2/team/app/manifests/x' },
    ],
    ['a push of an artifact of a type that nobody knows', 'push', { mediaType: 'application/x', tag: 'v1' }],
    [
      'a push of an index, without an address',
      'push',
      { mediaType: 'application/vnd.oci.image.index.v1+json' },
    ],
    ['a deleted tag', 'delete', { tag: 'v1' }],
    ['a deleted manifest, which looks like a deleted blob', 'delete', { digest: DIGEST }],
    ['a deleted repository', 'delete', {}],
  ])('may have changed a tag: %s', (_what, action, target) => {
    expect(read(withTarget(action, target))).toMatchObject({
      changes: [{ repository: 'team/app' }],
      ignored: 0,
    });
  });

  it.each([
    ['a pull', 'pull', { mediaType: 'application/vnd.oci.image.manifest.v1+json', tag: 'v1' }],
    [
      'a HEAD, which version 2 calls a pull',
      'pull',
      { digest: DIGEST, url: 'http://r/v2/team/app/manifests/v1' },
    ],
    [
      'a blob',
      'push',
      { mediaType: 'application/octet-stream', digest: DIGEST, url: 'http://r/v2/team/app/blobs/x' },
    ],
    ['a mounted blob', 'mount', { mediaType: 'application/octet-stream', fromRepository: 'team/base' }],
    ['what a later version may tell', 'sign', { tag: 'v1' }],
    ['a push without a repository', 'push', { repository: '', tag: 'v1' }],
  ])('has changed no tag: %s', (_what, action, target) => {
    expect(read(withTarget(action, target))).toEqual({ changes: [], ignored: 1, refused: 0 });
  });

  it('says who did it: what a request of this program caused is its own', () => {
    const own = { ...PUSH_OF_2_8, request: { ...PUSH_OF_2_8.request, useragent: USER_AGENT } };
    const alike = { ...PUSH_OF_2_8, request: { useragent: `${USER_AGENT}/2 (not us)` } };
    const nobody = { ...PUSH_OF_2_8, request: undefined };

    expect(read(own, alike, nobody).changes.map(({ author }) => author)).toEqual([
      'own',
      'foreign',
      'foreign',
    ]);
  });

  it.each([
    ['without an id', { action: 'push', target: { repository: 'team/app', tag: 'v1' } }],
    ['with a number for a repository', withTarget('push', { repository: 1 })],
    ['with a NUL in a tag, which no database takes', withTarget('push', { tag: 'v1\0' })],
    ['with a repository as long as a book', withTarget('push', { repository: 'a'.repeat(600), tag: 'v1' })],
    ['that is no object', 'push'],
    ['that is null', null],
  ])('loses an event %s, and keeps the others', (_what, event) => {
    const { changes, refused } = read(event, PUSH_OF_2_8);

    expect({ refused, kept: changes.length }).toEqual({ refused: 1, kept: 1 });
  });

  it.each(['{}', '{"events": null}', '{"events": []}'])('may be empty: %s', (text) => {
    expect(readDistributionEnvelope(text)).toEqual({ changes: [], ignored: 0, refused: 0 });
  });

  it.each(['', 'null', '[]', '"events"', '{"events": {}}', '{"events": [', '['.repeat(100_000)])(
    'is refused when it is none (%#)',
    (text) => {
      expect(() => readDistributionEnvelope(text)).toThrow(HookRefusal);
    },
  );
});
