import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import { HeaderCursor } from './header-cursor.ts';
import { nextPageUrl, parseLinkHeader } from './link-header.ts';

const REQUEST = new URL('https://registry.example/v2/team/app/tags/list?n=2');

/** Readable form: `['next', href]`, `['last']` or `['refused', message]`. */
function describeNext(header: string | undefined, requestUrl = REQUEST): readonly string[] {
  const next = nextPageUrl(header, requestUrl);
  switch (next.kind) {
    case 'last':
      return ['last'];
    case 'next':
      return ['next', next.url.href];
    case 'refused':
      return ['refused', next.message];
  }
}

function plainLinks(header: string) {
  return parseLinkHeader(header).map((link) => [link.reference, Object.fromEntries(link.parameters)]);
}

describe('parseLinkHeader', () => {
  it.each<[string, string, readonly unknown[]]>([
    ['one link', '</a?n=2>; rel="next"', [['/a?n=2', { rel: 'next' }]]],
    ['an unquoted relation', '</a>; rel=next', [['/a', { rel: 'next' }]]],
    [
      'several links',
      '</a>; rel="prev", </b>; rel="next"',
      [
        ['/a', { rel: 'prev' }],
        ['/b', { rel: 'next' }],
      ],
    ],
    ['several parameters', '</a>; rel="next"; title="b"', [['/a', { rel: 'next', title: 'b' }]]],
    [
      'odd spacing',
      ' \t</a>\t;\trel = "next" ;title=b , , </b>',
      [
        ['/a', { rel: 'next', title: 'b' }],
        ['/b', {}],
      ],
    ],
    [
      'no spacing',
      '</a>;rel="next",</b>;rel="prev"',
      [
        ['/a', { rel: 'next' }],
        ['/b', { rel: 'prev' }],
      ],
    ],
    ['commas and semicolons in the reference', '</a?x=1,2;3>; rel=next', [['/a?x=1,2;3', { rel: 'next' }]]],
    [
      'commas and brackets in quotes',
      '</a>; title="x, </evil>; rel=next"; rel="prev"',
      [['/a', { title: 'x, </evil>; rel=next', rel: 'prev' }]],
    ],
    ['escapes in quotes', '</a>; title="a \\"b\\" \\\\"', [['/a', { title: 'a "b" \\' }]]],
    ['unescaped characters', '</a?last=x y"z%s>; rel="next"', [['/a?last=x y"z%s', { rel: 'next' }]]],
    ['upper case', '</a>; REL="Next"', [['/a', { rel: 'Next' }]]],
    ['a repeated parameter', '</a>; rel="prev"; rel="next"', [['/a', { rel: 'prev' }]]],
    [
      'a parameter without a value',
      '</a>; crossorigin; rel="next"',
      [['/a', { crossorigin: '', rel: 'next' }]],
    ],
    ['empty parameters', '</a>;; ;rel="next";', [['/a', { rel: 'next' }]]],
    ['junk between links', 'junk, </a>; rel="next" junk, more', [['/a', { rel: 'next' }]]],
    ['a reference that is never closed', '</a; rel="next"', []],
    ['nothing', '', []],
  ])('reads %s', (_name, header, links) => {
    expect(plainLinks(header)).toEqual(links);
  });

  it('reads back whatever links were written', () => {
    const link = fc.record({
      reference: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('>', '')),
      rel: fc.string(),
      title: fc.string(),
      spaces: fc.constantFrom('', ' ', '\t', ' \t '),
    });
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(link), (links) => {
        const header = links
          .map(
            ({ reference, rel, title, spaces: s }) =>
              `<${reference}>${s};${s}rel${s}=${s}${quote(rel)}${s};title=${quote(title)}`,
          )
          .join(',');
        expect(plainLinks(header)).toEqual(
          links.map(({ reference, rel, title }) => [reference, { rel, title }]),
        );
      }),
      { numRuns: 5000 },
    );
  });
});

describe('nextPageUrl', () => {
  it.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty header', ' '],
    ['commas alone', ', ,'],
    ['links of other relations only', '</v2/>; rel="first", <https://docs.example/>; rel="help"'],
  ])('says last for %s', (_name, header) => {
    expect(describeNext(header)).toEqual(['last']);
  });

  it.each<[string, string, string]>([
    [
      'a relative link',
      '</v2/team/app/tags/list?last=b&n=2>; rel="next"',
      'https://registry.example/v2/team/app/tags/list?last=b&n=2',
    ],
    [
      'an absolute link',
      '<https://registry.example/v2/x?last=b>; rel="next"',
      'https://registry.example/v2/x?last=b',
    ],
    [
      'an absolute link with the default port',
      '<https://REGISTRY.example:443/v2/x?last=b>; rel="next"',
      'https://registry.example/v2/x?last=b',
    ],
    ['a query alone', '<?last=b>; rel="next"', 'https://registry.example/v2/team/app/tags/list?last=b'],
    [
      'an escaped cursor',
      '</v2/_catalog?last=team%2Fapp%2f%7E&n=2>; rel="next"',
      'https://registry.example/v2/_catalog?last=team%2Fapp%2f%7E&n=2',
    ],
    [
      'an unescaped cursor, as zot writes it',
      '</v2/_catalog?n=2&last=team/app%s>; rel="next"',
      'https://registry.example/v2/_catalog?n=2&last=team/app%s',
    ],
    [
      'the next of several',
      '</v2/x?last=a>; rel="prev", </v2/x?last=c>; rel="next"',
      'https://registry.example/v2/x?last=c',
    ],
    ['a list of relations', '</v2/x?last=c>; rel="last  NEXT"', 'https://registry.example/v2/x?last=c'],
    ['a link without a relation', '</v2/x?last=c>', 'https://registry.example/v2/x?last=c'],
    ['an empty relation', '</v2/x?last=c>; rel=""', 'https://registry.example/v2/x?last=c'],
    [
      'the same next twice',
      '</v2/x?last=c>; rel=next, </v2/x?last=c>; rel="next"',
      'https://registry.example/v2/x?last=c',
    ],
    [
      'a next behind junk',
      'junk; </v2/x>, </v2/x?last=c>; rel="next"',
      'https://registry.example/v2/x?last=c',
    ],
  ])('follows %s', (_name, header, href) => {
    expect(describeNext(header)).toEqual(['next', href]);
  });

  it.each<[string, string, string]>([
    [
      'another host',
      '<https://evil.example/v2/x?last=a>; rel="next"',
      'the next page is on https://evil.example, not on https://registry.example',
    ],
    [
      'a network path',
      '<//evil.example/v2/x>; rel="next"',
      'the next page is on https://evil.example, not on https://registry.example',
    ],
    [
      'a network path in backslashes',
      '<\\\\evil.example/v2/x>; rel="next"',
      'the next page is on https://evil.example, not on https://registry.example',
    ],
    [
      'plain http',
      '<http://registry.example/v2/x>; rel="next"',
      'the next page is on http://registry.example, not on https://registry.example',
    ],
    [
      'another port',
      '<https://registry.example:8443/x>; rel="next"',
      'the next page is on https://registry.example:8443, not on https://registry.example',
    ],
    [
      'user information',
      '<https://a:b@registry.example/x>; rel="next"',
      'the next page has user information in its URL',
    ],
    ['a fragment', '</v2/x?last=a#b>; rel="next"', 'the next page has a fragment in its URL'],
    ['an empty fragment', '</v2/x?last=a#>; rel="next"', 'the next page has a fragment in its URL'],
    ['the page itself', '</v2/team/app/tags/list?n=2>; rel="next"', 'the next page is the page itself'],
    ['an empty reference', '<>; rel="next"', 'the next page is the page itself'],
    [
      'another scheme',
      '<ftp://registry.example/x>; rel="next"',
      'the Link header names a next page that is no http URL',
    ],
    [
      'a control character',
      '</v2/x?last=\t>; rel="next"',
      'the Link header names a next page that is no http URL',
    ],
    [
      'two next pages',
      '</v2/x?last=a>; rel="next", </v2/x?last=b>; rel="next"',
      'the Link header names two different next pages',
    ],
    ['a reference without brackets', '/v2/x?last=a; rel="next"', 'the Link header cannot be read'],
    ['a reference that is never closed', '</v2/x?last=a; rel="next"', 'the Link header cannot be read'],
    ['junk behind another relation', '</v2/x>; rel="prev", garbage', 'the Link header cannot be read'],
    ['junk at the end of another relation', '</v2/x>; rel="prev" garbage', 'the Link header cannot be read'],
    ['junk alone', ', ,junk', 'the Link header cannot be read'],
  ])('refuses %s', (_name, header, message) => {
    expect(describeNext(header)).toEqual(['refused', message]);
  });

  const fragment = fc.constantFrom(
    ...[
      '<',
      '>',
      '"',
      '\\',
      ',',
      ';',
      '=',
      ' ',
      'rel',
      'next',
      'prev',
      '/v2/x?last=a',
      '//e.example',
      'https://e.example/',
    ],
    ...['@', '#', '\u0000', 'é', '\\\\', 'http:', 'registry.example', ':', '..'],
  );
  const fragments = fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join(''));
  const hostile = fc.oneof(
    fragments,
    fragments.map((text) => `<${text}>; rel="next"`),
    fc.string({ unit: 'binary' }),
  );
  const unreadable = hostile.filter((text) => !/^[ \t,]*$/.test(text) && parseLinkHeader(text).length === 0);

  it('never leaves the origin, whatever the header says', () => {
    fc.assert(
      fc.property(hostile, (header) => {
        expect(describeNext(header).join(' ')).toMatch(
          /^(?:last$|refused [a-z]|next https:\/\/registry\.example\/[^#]*$)/,
        );
      }),
      { numRuns: 20_000 },
    );
  });

  it('never ends a list on a header without a link that it can read', () => {
    fc.assert(
      fc.property(unreadable, (header) => {
        expect(describeNext(header)).toEqual(['refused', 'the Link header cannot be read']);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the work on a hostile header of 100 kB', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    '<',
    '>',
    '"',
    '\\"',
    ',',
    ';',
    '<a>,',
    '<a>;',
    '<a>;rel=next,',
    '<a>;t="',
    'x"',
    'a',
    '<a>; rel="next"x',
    ' \t',
  ])('is a bounded number of looks at each character of repeated %j', (unit) => {
    const header = unit.repeat(Math.ceil(100_000 / unit.length));
    const looks = jest.spyOn(HeaderCursor.prototype, 'peek');
    nextPageUrl(header, REQUEST);
    expect(looks.mock.calls.length).toBeLessThan(6 * header.length);
  });
});
