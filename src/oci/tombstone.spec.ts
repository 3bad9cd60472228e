import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf } from './digest.ts';
import { parseManifest } from './manifest.ts';
import { OCI_MANIFEST } from './media-type.ts';
import { parseTag } from './reference.ts';
import { successorsOf } from './successors.ts';
import { buildTombstone, EMPTY_BLOB, EMPTY_BLOB_DIGEST, isTombstone } from './tombstone.ts';

const tag = parseTag('v1');

describe('buildTombstone', () => {
  it('is an image manifest that needs the empty blob and nothing else', () => {
    const tombstone = buildTombstone(tag, 'id');
    const blob = { digest: EMPTY_BLOB_DIGEST, sizeBytes: 2, demand: 'required' };
    expect(tombstone).toMatchObject({ kind: 'image', mediaType: OCI_MANIFEST });
    expect(successorsOf(tombstone)).toEqual({
      manifests: [],
      blobs: [blob],
      undecided: [],
      subject: undefined,
    });
  });

  it('says in its annotations which tag it was put under, and by what', () => {
    expect(buildTombstone(tag, 'cycle-7/3').view.annotations).toEqual({
      'vnd.geo-reconciler.tombstone.id': 'cycle-7/3',
      'vnd.geo-reconciler.tombstone.tag': 'v1',
    });
  });

  it('is written so that every registry takes it, and every later version knows it', () => {
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: EMPTY_BLOB_DIGEST, size: 2 };
    expect(JSON.parse(Buffer.from(buildTombstone(tag, 'id').raw).toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.geo-reconciler.tombstone.v1',
      config: empty,
      layers: [empty],
      annotations: { 'vnd.geo-reconciler.tombstone.id': 'id', 'vnd.geo-reconciler.tombstone.tag': 'v1' },
    });
  });

  it('gives the same bytes for the same tag and id', () => {
    expect(buildTombstone(tag, 'id').raw).toEqual(buildTombstone(tag, 'id').raw);
  });

  it('never shares a digest with another tombstone, whatever tag that is under', () => {
    const names = fc.constantFrom('v1', 'v2', '__proto__').map(parseTag);
    fc.assert(
      fc.property(
        names,
        names,
        fc.tuple(fc.string(), fc.string()).filter(([a, b]) => a !== b),
        (a, b, [x, y]) => {
          expect(buildTombstone(a, x).digest).not.toBe(buildTombstone(b, y).digest);
        },
      ),
    );
  });
});

describe('the empty blob', () => {
  it('is the empty JSON object of the image specification', () => {
    expect(Buffer.from(EMPTY_BLOB).toString()).toBe('{}');
    expect(EMPTY_BLOB_DIGEST).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});

describe('isTombstone', () => {
  it('knows one that was read back from its bytes', () => {
    expect(isTombstone(parseManifest(buildTombstone(tag, 'id').raw, { contentType: OCI_MANIFEST }))).toBe(
      true,
    );
  });

  it.each([
    ['content without an artifact type', {}],
    ['an artifact of another type', { artifactType: 'application/vnd.example' }],
    [
      'content that only carries the annotations',
      { annotations: buildTombstone(tag, 'id').view.annotations },
    ],
  ])('takes %s for content', (_what, fields) => {
    const config = { digest: digestOf(Buffer.from('configuration')) };
    const manifest = parseManifest(Buffer.from(JSON.stringify({ config, ...fields })));
    expect(isTombstone(manifest)).toBe(false);
  });
});
