import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf, type Digest } from './digest.ts';
import { attestedDigest, filterIndex, type ChildFate } from './filtered-index.ts';
import { parseManifest, type ManifestDocument } from './manifest.ts';
import { DOCKER_LIST, OCI_INDEX, OCI_MANIFEST } from './media-type.ts';

const keep: ChildFate = { kind: 'keep' };
const drop: ChildFate = { kind: 'drop' };

function digest(name: string): Digest {
  return digestOf(Buffer.from(name));
}

function entry(name: string): unknown {
  return {
    mediaType: OCI_MANIFEST,
    digest: digest(name),
    size: 5,
    platform: { os: 'linux', architecture: name },
  };
}

function indexOf(text: string): ManifestDocument {
  return parseManifest(Buffer.from(text));
}

function indexOver(...names: string[]): ManifestDocument {
  return indexOf(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: names.map(entry) }));
}

function textOf(document: ManifestDocument | undefined): string {
  return Buffer.from(document?.raw ?? []).toString();
}

function childrenOf(document: ManifestDocument | undefined): (Digest | undefined)[] {
  return (document?.view.manifests ?? []).map((child) => child.digest);
}

describe('filterIndex', () => {
  it('gives the same document where everything is kept', () => {
    const index = indexOver('amd64', 'arm64');
    expect(filterIndex(index, [keep, keep])).toBe(index);
  });

  it('gives the same document for an index without entries', () => {
    const index = indexOver();
    expect(filterIndex(index, [])).toBe(index);
  });

  it('gives nothing where nothing is kept', () => {
    expect(filterIndex(indexOver('amd64', 'arm64'), [drop, drop])).toBeUndefined();
  });

  it('lists what is kept, under a digest of its own', () => {
    // The mirroring of Quay copied one architecture and pushed the index of all four, which the registry refused.
    const index = indexOver('amd64', 'arm64', 'ppc64le', 's390x');
    const filtered = filterIndex(index, [drop, keep, drop, drop]);
    expect(childrenOf(filtered)).toEqual([digest('arm64')]);
    expect(filtered).toMatchObject({ kind: 'index', mediaType: OCI_INDEX, digest: digestOf(filtered!.raw) });
    expect(filtered?.digest).not.toBe(index.digest);
  });

  it('drops an entry that nobody decided about', () => {
    expect(childrenOf(filterIndex(indexOver('a', 'b', 'c'), [keep, drop]))).toEqual([digest('a')]);
  });

  it('replaces an entry by other bytes, and keeps what it says of them', () => {
    const replace: ChildFate = { kind: 'replace', digest: digest('inner'), sizeBytes: 77 };
    const filtered = filterIndex(indexOver('amd64', 'arm64'), [replace, keep]);
    expect(filtered?.view.manifests).toEqual([
      {
        mediaType: OCI_MANIFEST,
        digest: digest('inner'),
        size: 77,
        platform: { os: 'linux', architecture: 'amd64' },
      },
      entry('arm64'),
    ]);
  });

  it('keeps duplicate entries and their order', () => {
    const filtered = filterIndex(indexOver('b', 'a', 'b', 'c'), [keep, keep, keep, drop]);
    expect(childrenOf(filtered)).toEqual(['b', 'a', 'b'].map(digest));
  });

  it('keeps every other field in its place, with its values as they are written', () => {
    const [a, b] = [JSON.stringify(entry('a')), JSON.stringify(entry('b'))];
    const before = `{"x-first":1e400,"schemaVersion":2.0,"manifests":[${a},${b}],"x-last":[12345678901234567890,-0,0.10,null,true,"\\u0000\\u00e9é\\/"],"annotations":{"__proto__":"a"}}`;
    const filtered = filterIndex(indexOf(before), [drop, keep]);
    expect(textOf(filtered)).toBe(before.replace(`[${a},${b}]`, `[${b}]`));
  });

  it('keeps unknown fields of an entry, with its values as they are written', () => {
    const kept = `{"digest":"${digest('a')}","size":5.0,"x-future":{"deep":[1.50]},"__proto__":{"x":1}}`;
    const index = indexOf(`{"manifests":[${kept},{"digest":"${digest('b')}"}]}`);
    expect(textOf(filterIndex(index, [keep, drop]))).toBe(`{"manifests":[${kept}]}`);
  });

  it('keeps a field that is called like a part of an object', () => {
    const index = indexOf(
      `{"__proto__":{"x":1},"manifests":[${JSON.stringify(entry('a'))},${JSON.stringify(entry('b'))}]}`,
    );
    expect(textOf(filterIndex(index, [keep, drop]))).toContain('"__proto__":{"x":1}');
  });

  it.each([OCI_INDEX, DOCKER_LIST])(
    'is a %s like the index that it comes from, which need not say so',
    (mediaType) => {
      const raw = Buffer.from(JSON.stringify({ manifests: [entry('a'), entry('b')] }));
      const filtered = filterIndex(parseManifest(raw, { contentType: mediaType }), [keep, drop]);
      expect(filtered).toMatchObject({ mediaType, kind: 'index' });
      expect(textOf(filtered)).not.toContain('"schemaVersion"');
    },
  );

  it('refuses content that is no index', () => {
    const image = parseManifest(Buffer.from(JSON.stringify({ layers: [entry('a')] })));
    const message = 'an index to be filtered has no list of manifests';
    expect(() => filterIndex(image, [keep, drop])).toThrow(
      expect.objectContaining({ name: 'OciError', code: 'MANIFEST_INVALID', message }),
    );
  });

  it('refuses content that is nested too deeply to be written again', () => {
    const depth = 200_000;
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const index = indexOf(
      `{"x":${deep},"manifests":[${JSON.stringify(entry('a'))},${JSON.stringify(entry('b'))}]}`,
    );
    const message = 'the index is nested too deeply to be filtered';
    expect(() => filterIndex(index, [keep, drop])).toThrow(
      expect.objectContaining({ name: 'OciError', code: 'MANIFEST_INVALID', message }),
    );
  });

  it('drops the byte order mark, which no registry takes', () => {
    const index = indexOf(`\ufeff${textOf(indexOver('a', 'b'))}`);
    expect(textOf(filterIndex(index, [keep, drop]))).toBe(textOf(indexOver('a')));
  });
});

describe('filtering by a rule', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 });
  const wanted = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));

  function filterBy(
    index: ManifestDocument | undefined,
    names: readonly string[],
  ): ManifestDocument | undefined {
    if (index === undefined) return undefined;
    const digests = new Set(names.map(digest));
    const children = index.view.manifests ?? [];
    return filterIndex(
      index,
      children.map((child) => (digests.has(child.digest) ? keep : drop)),
    );
  }

  it('a second time changes nothing', () => {
    fc.assert(
      fc.property(names, wanted, (listed, selected) => {
        const once = filterBy(indexOver(...listed), selected);
        expect(filterBy(once, selected)).toBe(once);
      }),
    );
  });

  it('gives the same bytes every time', () => {
    fc.assert(
      fc.property(names, wanted, (listed, selected) => {
        const [first, second] = [
          filterBy(indexOver(...listed), selected),
          filterBy(indexOver(...listed), selected),
        ];
        expect(first?.digest).toBe(second?.digest);
        expect(first?.raw).toEqual(second?.raw);
      }),
    );
  });

  it('keeps the wanted entries, and no others', () => {
    fc.assert(
      fc.property(names, wanted, (listed, selected) => {
        const expected = listed.filter((name) => selected.includes(name)).map(digest);
        expect(childrenOf(filterBy(indexOver(...listed), selected))).toEqual(expected);
      }),
    );
  });
});

describe('attestedDigest', () => {
  it('is what an attestation of BuildKit says that it is about', () => {
    const annotations = {
      'vnd.docker.reference.digest': digest('image'),
      'vnd.docker.reference.type': 'attestation-manifest',
    };
    expect(attestedDigest({ digest: digest('attestation'), annotations })).toBe(digest('image'));
  });

  it.each([[undefined], [null], [{}], [{ 'vnd.docker.reference.digest': 7 }]])(
    'is none where the annotations are %j',
    (annotations) => {
      expect(attestedDigest({ digest: digest('child'), annotations })).toBeUndefined();
    },
  );
});
