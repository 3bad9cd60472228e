import { describe, expect, it } from '@jest/globals';

import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  essenceOf,
  MANIFEST_ACCEPT,
  manifestKindOf,
  OCI_ARTIFACT,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_MANIFEST,
  SCHEMA1,
  SCHEMA1_SIGNED,
} from './media-type.ts';

describe('manifestKindOf', () => {
  it.each([
    ['application/vnd.oci.image.manifest.v1+json', 'image'],
    ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
    ['application/vnd.oci.image.index.v1+json', 'index'],
    ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
    ['application/vnd.oci.artifact.manifest.v1+json', 'artifact'],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'schema1'],
    ['application/vnd.docker.distribution.manifest.v1+json', 'schema1'],
  ])('walks %s as %s', (mediaType, kind) => {
    expect(manifestKindOf(mediaType)).toBe(kind);
  });

  it.each([
    [undefined],
    [''],
    [OCI_EMPTY],
    ['application/json'],
    ['application/vnd.oci.image.config.v1+json'],
    ['application/vnd.oci.image.manifest.v2+json'],
    ['__proto__'],
    ['constructor'],
  ])('knows no kind of %p', (mediaType) => {
    expect(manifestKindOf(mediaType)).toBeUndefined();
  });
});

describe('MANIFEST_ACCEPT', () => {
  const types = MANIFEST_ACCEPT.split(', ');

  it.each([
    ['OCI index', OCI_INDEX],
    ['OCI manifest', OCI_MANIFEST],
    ['Docker list', DOCKER_LIST],
    ['Docker manifest', DOCKER_MANIFEST],
    ['OCI artifact manifest', OCI_ARTIFACT],
    ['signed schema 1', SCHEMA1_SIGNED],
    ['schema 1', SCHEMA1],
  ])(
    'names the %s once: what is not named is hidden, and looks absent (gitlab#600486, 52 of 62 tags)',
    (_name, mediaType) => {
      expect(types.filter((type) => type === mediaType)).toHaveLength(1);
    },
  );

  it('names nothing but manifests', () => {
    expect(types.filter((type) => manifestKindOf(type) === undefined)).toEqual([]);
  });

  it('names schema 1 last, so that a registry that converts has no reason to', () => {
    expect(types.slice(-2).map(manifestKindOf)).toEqual(['schema1', 'schema1']);
  });
});

describe('essenceOf', () => {
  it.each([
    [OCI_INDEX, OCI_INDEX],
    [`${OCI_INDEX}; charset=utf-8`, OCI_INDEX],
    [`${OCI_INDEX};charset=utf-8;q=1`, OCI_INDEX],
    [`  ${OCI_INDEX}  `, OCI_INDEX],
    [`${OCI_INDEX} ;charset=utf-8`, OCI_INDEX],
    ['Application/VND.oci.Image.Index.v1+JSON', OCI_INDEX],
    ['text/html', 'text/html'],
  ])('makes of %j: %s', (contentType, essence) => {
    expect(essenceOf(contentType)).toBe(essence);
  });

  it.each([[undefined], [''], ['  '], ['; charset=utf-8']])('finds none in %p', (contentType) => {
    expect(essenceOf(contentType)).toBeUndefined();
  });
});
