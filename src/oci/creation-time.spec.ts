import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { annotatedCreationTime, configuredCreationTime, parseCreationTime } from './creation-time.ts';
import { parseManifest } from './manifest.ts';

describe('parseCreationTime', () => {
  it.each([
    ['2024-05-01T10:00:00Z', '2024-05-01T10:00:00.000Z'],
    ['2024-05-01T10:00:00.123456789Z', '2024-05-01T10:00:00.123Z'],
    ['2024-05-01t10:00:00.5z', '2024-05-01T10:00:00.500Z'],
    ['2024-05-01T10:00:00+05:30', '2024-05-01T04:30:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(parseCreationTime(text)?.toISOString()).toBe(expected);
  });

  it.each([
    ['the zero of Go', '0001-01-01T00:00:00Z'],
    ['a day', '2024-05-01'],
    ['a time without an offset', '2024-05-01T10:00:00'],
    ['a month that does not exist', '2024-13-01T10:00:00Z'],
    ['an offset that does not exist', '2024-05-01T10:00:00+99:00'],
    ['a year that cannot be written', '9999-12-31T23:59:59-01:00'],
    ['words', 'yesterday'],
    ['a line behind it', '2024-05-01T10:00:00Z\n'],
    ['endless digits', `2024-05-01T10:00:00.${'1'.repeat(1_000_000)}Z`],
    ['a number', 1_714_557_600],
    ['nothing', undefined],
  ])('takes %s for no time', (_name, text) => {
    expect(parseCreationTime(text)).toBeUndefined();
  });

  it('gives a time that a database can hold, or none, for any text', () => {
    const number = (largest: number, length: number): fc.Arbitrary<string> =>
      fc.nat(largest).map((value) => String(value).padStart(length, '0'));
    const anyTime = fc
      .tuple(number(9999, 4), number(13, 2), number(32, 2), number(25, 2), number(61, 2), number(25, 2))
      .map(
        ([year, month, day, hour, minute, offset]) =>
          `${year}-${month}-${day}T${hour}:${minute}:00-${offset}:30`,
      );
    fc.assert(
      fc.property(fc.oneof(anyTime, fc.string()), (text) => {
        expect(parseCreationTime(text)?.toISOString() ?? '1970-').toMatch(/^\d{4}-/);
      }),
    );
  });
});

describe('annotatedCreationTime', () => {
  it.each([
    ['a time', { 'org.opencontainers.image.created': '2024-05-01T10:00:00Z' }, '2024-05-01T10:00:00.000Z'],
    ['no time', { 'org.opencontainers.image.created': { at: 5 } }, undefined],
    ['something else', { created: '2024-05-01T10:00:00Z' }, undefined],
    ['null', null, undefined],
  ])('reads annotations with %s', (_name, annotations, expected) => {
    const document = parseManifest(Buffer.from(JSON.stringify({ manifests: [], annotations })));
    expect(annotatedCreationTime(document)?.toISOString()).toBe(expected);
  });
});

describe('configuredCreationTime', () => {
  it.each([
    ['a time', '{"created":"2024-05-01T10:00:00Z","os":"linux"}', '2024-05-01T10:00:00.000Z'],
    ['another type', '{"created":5}', undefined],
    ['no object', '[]', undefined],
    ['half a document', '{"created":"2024-05-01T10:00:00Z"', undefined],
    ['no text', '\u0000\ufffd', undefined],
    ['a million brackets', '['.repeat(1_000_000), undefined],
  ])('reads a configuration with %s', (_name, text, expected) => {
    expect(configuredCreationTime(Buffer.from(text))?.toISOString()).toBe(expected);
  });
});
