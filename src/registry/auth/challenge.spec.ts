import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';

import { HeaderCursor } from '../header-cursor.ts';
import { chooseChallenge, parseChallenges } from './challenge.ts';

/** `[scheme, parameters]` per challenge. */
function plain(header: string | readonly string[] | undefined) {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

describe('parseChallenges', () => {
  it.each<[string, string | readonly string[] | undefined, readonly unknown[]]>([
    ['no header', undefined, []],
    ['an empty header', '', []],
    ['no values', [], []],
    ['a scheme alone', 'Basic', [['basic', {}]]],
    ['Basic with a realm', 'Basic realm="Registry"', [['basic', { realm: 'Registry' }]]],
    [
      "distribution's Bearer",
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:team/app:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.example/token',
            service: 'registry.example',
            scope: 'repository:team/app:pull,push',
          },
        ],
      ],
    ],
    [
      'two challenges in one value',
      'Basic realm="a", Bearer realm="https://b/", service="c"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'https://b/', service: 'c' }],
      ],
    ],
    [
      'a scheme without parameters first',
      'Negotiate, Bearer realm="https://b/"',
      [
        ['negotiate', {}],
        ['bearer', { realm: 'https://b/' }],
      ],
    ],
    [
      'two values',
      ['Basic realm="a"', 'Bearer realm="https://b/"'],
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'https://b/' }],
      ],
    ],
    [
      'upper case',
      'BEARER REALM="https://B/", Service="C"',
      [['bearer', { realm: 'https://B/', service: 'C' }]],
    ],
    [
      'unquoted values',
      'Bearer realm=https://auth.example/token?a=b,service=c',
      [['bearer', { realm: 'https://auth.example/token?a=b', service: 'c' }]],
    ],
    [
      'escapes in quotes',
      'Bearer realm="https://b/\\"x\\"", service="a\\\\b"',
      [['bearer', { realm: 'https://b/"x"', service: 'a\\b' }]],
    ],
    [
      'a challenge inside quotes',
      'Basic realm="x, Bearer realm=\\"https://evil/\\""',
      [['basic', { realm: 'x, Bearer realm="https://evil/"' }]],
    ],
    [
      'odd spacing',
      ' \tBearer \t realm = "https://b/" ,\tservice= c ,',
      [['bearer', { realm: 'https://b/', service: 'c' }]],
    ],
    [
      'empty list elements',
      ',, Bearer ,,realm="https://b/",, ,service="c",',
      [['bearer', { realm: 'https://b/', service: 'c' }]],
    ],
    [
      'missing commas',
      'Bearer realm="https://b/" service="c" Basic realm="d"',
      [
        ['bearer', { realm: 'https://b/', service: 'c' }],
        ['basic', { realm: 'd' }],
      ],
    ],
    [
      'a token68 with padding',
      'Negotiate YII/+.~a==, Basic realm="a"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'a token68 with one pad',
      'NTLM TlRMTVNT=, Basic realm="a"',
      [
        ['ntlm', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'a token68 with spaces behind it',
      'A b== , C d= , E f ',
      [
        ['a', {}],
        ['c', {}],
        ['e', {}],
      ],
    ],
    [
      'a token68 without padding',
      'Negotiate abc, Basic realm="a"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'a token68 at the end',
      'Basic realm="a", Negotiate abc',
      [
        ['basic', { realm: 'a' }],
        ['negotiate', {}],
      ],
    ],
    [
      'an empty value',
      'Bearer realm="https://b/",service=,scope=""',
      [['bearer', { realm: 'https://b/', service: '', scope: '' }]],
    ],
    [
      'a repeated parameter',
      'Bearer realm="https://a/", realm="https://b/"',
      [['bearer', { realm: 'https://a/' }]],
    ],
    ['a parameter without a challenge', 'realm="https://b/", Basic', [['basic', {}]]],
    [
      'a quote that is never closed',
      'Basic realm="a", Bearer realm="https://b/',
      [
        ['basic', { realm: 'a' }],
        ['bearer', {}],
      ],
    ],
    [
      'junk between parameters',
      'Bearer @@@, realm="https://b/", ;;"quoted, Basic x=y" {}',
      [['bearer', { realm: 'https://b/' }]],
    ],
    [
      'the name of a prototype',
      'Bearer __proto__="x", constructor="y"',
      [['bearer', { constructor: 'y', ['__proto__']: 'x' }]],
    ],
  ])('reads %s', (_name, header, challenges) => {
    expect(plain(header)).toEqual(challenges);
  });

  const tokenCharacters = "!#$%&'*+-.^_`|~09azAZ".split(/(?:)/);
  const token = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 8 });

  it('reads back whatever challenges were written', () => {
    const challenge = fc.record({
      scheme: token,
      parameters: fc.uniqueArray(fc.record({ name: token, value: fc.string({ unit: 'binary' }) }), {
        selector: ({ name }) => name.toLowerCase(),
        maxLength: 4,
      }),
      separator: fc.constantFrom(',', ', ', ' ,\t', ' , , '),
      equals: fc.constantFrom('=', ' = ', '= '),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 5 }), (challenges) => {
        const header = challenges
          .map(({ scheme, parameters, separator, equals }) => {
            const written = parameters.map(
              ({ name, value }) => `${name}${equals}"${value.replace(/["\\]/g, '\\$&')}"`,
            );
            return `${scheme} ${written.join(separator)}`;
          })
          .join(', ');
        expect(parseChallenges(header)).toEqual(
          challenges.map(({ scheme, parameters }) => ({
            scheme: scheme.toLowerCase(),
            parameters: new Map(parameters.map(({ name, value }) => [name.toLowerCase(), value])),
          })),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it('gives lowercase names and never throws, whatever the header says', () => {
    const part = fc.constantFrom(
      'Bearer',
      'Basic',
      'realm',
      '=',
      '"',
      '\\',
      ',',
      ' ',
      '\t',
      ';',
      '/',
      'abc',
      '==',
      '\u0000',
      'é',
      'İ',
      '__proto__',
    );
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(header, (text) => {
        const names = parseChallenges(text).flatMap(({ scheme, parameters }) => [
          scheme,
          ...parameters.keys(),
        ]);
        expect(names.filter((name) => !/^[a-z0-9!#$%&'*+.^_`|~/-]+$/.test(name))).toEqual([]);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('chooseChallenge', () => {
  it.each<[string, string | undefined, unknown]>([
    ['nothing', undefined, { kind: 'none' }],
    ['schemes that it does not know', 'Negotiate, Digest realm="a"', { kind: 'none' }],
    ['Basic', 'Basic realm="a"', { kind: 'basic' }],
    ['Basic without a realm', 'Basic', { kind: 'basic' }],
    ['a Bearer without a realm', 'Bearer service="c"', { kind: 'none' }],
    ['a Bearer with an empty realm', 'Bearer realm=" "', { kind: 'none' }],
    ['a Bearer without a realm beside Basic', 'Bearer service="c", Basic realm="a"', { kind: 'basic' }],
    ['a Bearer', 'Bearer realm="https://b/"', { kind: 'bearer', realm: 'https://b/' }],
    [
      'Basic before Bearer',
      'Basic realm="a", Bearer realm="https://b/",service="c"',
      { kind: 'bearer', realm: 'https://b/', service: 'c' },
    ],
    [
      'Bearer before Basic',
      'Bearer realm="https://b/",scope="s", Basic realm="a"',
      { kind: 'bearer', realm: 'https://b/', scope: 's' },
    ],
    [
      'two Bearers',
      'Bearer service="a", Bearer realm="https://b/", Bearer realm="https://c/"',
      { kind: 'bearer', realm: 'https://b/' },
    ],
    [
      'a token that does not suffice',
      'Bearer realm="https://b/",error="insufficient_scope"',
      { kind: 'bearer', realm: 'https://b/', error: 'insufficient_scope' },
    ],
  ])('chooses of %s', (_name, header, chosen) => {
    // toEqual takes a parameter that is not there and one that is undefined for the same.
    expect(chooseChallenge(parseChallenges(header))).toEqual(chosen);
  });
});

describe('the work on a hostile header of 100 kB', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    '"',
    '\\"',
    ',',
    '=',
    ' ',
    'a ',
    'a,',
    'a=',
    'a=,',
    'a="',
    'a="b",',
    'Bearer ',
    'Bearer a=",',
    'Bearer realm="x", ',
    '/',
    'a/==,',
    '@',
    'é',
  ])('is a bounded number of looks at each character of repeated %j', (unit) => {
    const header = unit.repeat(Math.ceil(100_000 / unit.length));
    const looks = jest.spyOn(HeaderCursor.prototype, 'peek');
    chooseChallenge(parseChallenges(header));
    expect(looks.mock.calls.length).toBeLessThan(9 * header.length);
  });
});
