import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf, parseDigest } from './digest.ts';
import {
  isDigestTag,
  isRepositoryName,
  isTag,
  parseRepositoryName,
  parseTag,
  referrersTag,
  subjectOfDigestTag,
} from './reference.ts';

const lowerAlphanumeric = Array.from('abcdefghijklmnopqrstuvwxyz0123456789');
const tagStart = [...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ_'), ...lowerAlphanumeric];
const tagCharacter = [...tagStart, '.', '-'];

/** The grammar of the distribution specification, written as a generator. */
const legalTag = fc
  .tuple(fc.constantFrom(...tagStart), fc.string({ unit: fc.constantFrom(...tagCharacter), maxLength: 127 }))
  .map(([first, rest]) => first + rest);
const word = fc.string({ unit: fc.constantFrom(...lowerAlphanumeric), minLength: 1, maxLength: 6 });
const separator = fc.oneof(
  fc.constantFrom('.', '_', '__'),
  fc.integer({ min: 1, max: 4 }).map((n) => '-'.repeat(n)),
);
const component = fc
  .tuple(
    word,
    fc.array(
      fc.tuple(separator, word).map((pair) => pair.join('')),
      { maxLength: 3 },
    ),
  )
  .map(([first, rest]) => [first, ...rest].join(''));
const legalRepository = fc
  .array(component, { minLength: 1, maxLength: 4 })
  .map((components) => components.join('/'));

function isTagByCharacter(text: string): boolean {
  const [first = '', ...rest] = Array.from(text);
  return tagStart.includes(first) && rest.every((character) => tagCharacter.includes(character));
}

const invalidName = expect.objectContaining({ name: 'OciError', code: 'NAME_INVALID' });

describe('parseTag', () => {
  it('keeps every tag of the grammar as it is', () => {
    fc.assert(fc.property(legalTag, (text) => expect(parseTag(text)).toBe(text)));
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'null',
    'undefined',
    '0',
    '_',
    'V1',
    '-'.padStart(128, 'x'),
  ])('takes %j', (text) => {
    expect(parseTag(text)).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['129 characters', 'x'.repeat(129)],
    ['a dot in front', '.x'],
    ['a hyphen in front', '-ot-beta-jmx'],
    ['the directory above', '..'],
    ['a path', 'a/b'],
    ['a path that climbs', '../v1'],
    ['a plus', '1.0+build'],
    ['a colon', 'a:b'],
    ['a digest', `sha256:${'a'.repeat(64)}`],
    ['a percent escape', 'a%2fb'],
    ['a query', 'a?b'],
    ['a fragment', 'a#b'],
    ['a backslash', 'a\\b'],
    ['a blank', 'a b'],
    ['a line break at the end', 'v1\n'],
    ['a header in a line of its own', 'v1\r\nHost: elsewhere'],
    ['a NUL', 'v1\0'],
    ['a letter beyond ASCII', 'é'],
    ['a digit beyond ASCII', '１'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseTag(text)).toThrow(invalidName);
  });

  it('takes the same texts as a reading of the specification character by character', () => {
    const almost = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '_', '.', '-', '/', ':', '+', '%', '\n', '\0', ' ', 'é'),
      maxLength: 6,
    });
    fc.assert(fc.property(almost, (text) => expect(isTag(text)).toBe(isTagByCharacter(text))));
  });

  it('shows the text that it refuses', () => {
    expect(() => parseTag('a\nb')).toThrow('not a tag: "a\\nb"');
  });
});

describe('isTag', () => {
  it.each([[undefined], [null], [1], [['v1']], [{ toString: () => 'v1' }]])(
    'says no to %p, which is no text',
    (value) => {
      expect(isTag(value)).toBe(false);
    },
  );
});

describe('parseRepositoryName', () => {
  it('keeps every name of the grammar as it is', () => {
    fc.assert(fc.property(legalRepository, (text) => expect(parseRepositoryName(text)).toBe(text)));
  });

  it.each(['a', '0', 'team/app', 'a.b', 'a_b', 'a__b', 'a-b', 'a---b', 'a/b/c/d/e', 'constructor', 'v2'])(
    'takes %j',
    (text) => {
      expect(parseRepositoryName(text)).toBe(text);
    },
  );

  it.each([
    ['nothing', ''],
    ['the directory above', '..'],
    ['a path that climbs', 'team/../admin'],
    ['the directory itself', 'team/./app'],
    ['an empty part', 'team//app'],
    ['a slash in front', '/team'],
    ['a slash at the end', 'team/'],
    ['upper case', 'Team/app'],
    ['a separator in front', '-a'],
    ['a separator at the end', 'a.'],
    ['a separator before a slash', 'a-/b'],
    ['two dots inside', 'a..b'],
    ['three underscores', 'a___b'],
    ['mixed separators', 'a-_b'],
    ['a tag', 'team/app:v1'],
    ['a host with a port', 'registry:5000/app'],
    ['a percent escape', 'team%2fapp'],
    ['a query', 'team?x'],
    ['a blank', 'team app'],
    ['a line break at the end', 'team\n'],
    ['a header in a line of its own', 'team\r\nHost: elsewhere'],
    ['a NUL', 'team\0'],
    ['a letter beyond ASCII', 'teäm'],
    ['__proto__, which begins with a separator', '__proto__'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseRepositoryName(text)).toThrow(invalidName);
  });

  it('takes 255 characters, and refuses 256', () => {
    expect(parseRepositoryName('a'.repeat(255))).toHaveLength(255);
    expect(() => parseRepositoryName('a'.repeat(256))).toThrow(invalidName);
  });

  it('decides a name that almost fits without trying every split', () => {
    expect(isRepositoryName(`${'a-'.repeat(127)}!`)).toBe(false);
  });

  it('shows the text that it refuses', () => {
    expect(() => parseRepositoryName('A')).toThrow('not a repository name: "A"');
  });
});

describe('isRepositoryName', () => {
  it.each([[undefined], [null], [1], [['a']], [{ toString: () => 'a', length: 1 }]])(
    'says no to %p, which is no text',
    (value) => {
      expect(isRepositoryName(value)).toBe(false);
    },
  );
});

describe('a URL', () => {
  it('holds legal names unescaped and unmoved', () => {
    fc.assert(
      fc.property(legalRepository, legalTag, (repository, tag) => {
        const path = `/v2/${repository}/manifests/${tag}`;
        const url = new URL(path, 'http://registry');
        expect([url.pathname, url.search, url.hash, url.host]).toEqual([path, '', '', 'registry']);
        expect(encodeURIComponent(tag)).toBe(tag);
      }),
    );
  });
});

describe('referrersTag', () => {
  it('writes a sha256 digest with a hyphen', () => {
    const hex = '0123456789abcdef'.repeat(4);
    expect(referrersTag(parseDigest(`sha256:${hex}`))).toBe(`sha256-${hex}`);
  });

  it('cuts a sha512 digest to 64 digits', () => {
    const hex = '0123456789abcdef'.repeat(8);
    expect(referrersTag(parseDigest(`sha512:${hex}`))).toBe(`sha512-${hex.slice(0, 64)}`);
  });

  it.each(['sha256', 'sha512'] as const)('is a tag that belongs to an image by name, for %s', (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(isDigestTag(referrersTag(digestOf(bytes, algorithm)))).toBe(true);
      }),
    );
  });
});

describe('isDigestTag', () => {
  const hex = 'ab'.repeat(32);

  it.each([
    [true, `sha256-${hex}`],
    [true, `sha512-${hex}`],
    [true, `sha256-${hex}.sig`],
    [true, `sha256-${hex}.att`],
    [true, `sha256-${hex}.sbom`],
    [false, `sha256-${hex}.`],
    [false, `sha256-${hex}a`],
    [false, `sha256-${hex.slice(1)}`],
    [false, `sha256-${hex.toUpperCase()}`],
    [false, `sha1-${hex}`],
    [false, `sha384-${hex}`],
    [false, `xsha256-${hex}`],
    [false, `sha256_${hex}`],
    [false, 'latest'],
  ])('says %p to %s', (expected, text) => {
    expect(isDigestTag(parseTag(text))).toBe(expected);
  });
});

describe('subjectOfDigestTag', () => {
  const hex = 'ab'.repeat(32);

  it.each([
    [`sha256:${hex}`, `sha256-${hex}`],
    [`sha256:${hex}`, `sha256-${hex}.sig`],
    ['unknown', `sha512-${hex}`],
    ['unknown', `sha512-${hex}.att`],
    [undefined, 'latest'],
    [undefined, `sha256-${hex}.`],
    [undefined, `sha1-${hex}`],
  ])('finds %p in %s', (subject, text) => {
    expect(subjectOfDigestTag(parseTag(text))).toBe(subject);
  });

  it('finds the subject that a referrers tag was made for', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const subject = digestOf(bytes);
        expect(subjectOfDigestTag(referrersTag(subject))).toBe(subject);
      }),
    );
  });
});
