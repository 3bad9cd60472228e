import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readConfigurationDocument } from './configuration-document.ts';
import { ConfigurationError } from './configuration-error.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'configuration-document-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function fileWith(content: string | Uint8Array): string {
  const file = join(directory, 'geo-reconciler.yaml');
  writeFileSync(file, content);
  return file;
}

/** Every problem of a file as `line:column: message`. */
function problemsOf(file: string): readonly string[] {
  try {
    readConfigurationDocument(file);
    return [];
  } catch (error) {
    return error instanceof ConfigurationError
      ? error.problems.map(({ line, column, message }) => `${String(line)}:${String(column)}: ${message}`)
      : [String(error)];
  }
}

describe('readConfigurationDocument', () => {
  it('returns plain data with anchors resolved', () => {
    const document = readConfigurationDocument(fileWith('a: &x [1, off, "2"]\nb: *x\n'));
    expect(document.root).toEqual({ a: [1, 'off', '2'], b: [1, 'off', '2'] });
  });

  it.each<[string, string, string]>([
    ['an empty file', '', '1:1: the file is empty'],
    ['a file of comments', '# nothing\n', '1:1: the file is empty'],
    ['a list', '- a\n', '1:1: the file must hold a mapping'],
    ['a text', 'registries', '1:1: the file must hold a mapping'],
    ['a key that is there twice', 'a: 1\nb: 2\na: 3\n', '3:1: this key is there twice'],
    ['a merge key', 'a: &x {b: 1}\nc:\n  <<: *x\n', '3:3: merge keys (<<) are not supported'],
    ['an unknown anchor', 'a: *nothing\n', '1:4: no anchor of this name before'],
    ['an anchor that contains itself', 'a: &x [*x]\n', '1:8: an anchor cannot contain itself'],
    ['a tag', 'a: !secret b\n', '1:4: tags (!…) are not supported'],
    ['a key that is a list', '? [a]\n: 1\n', '1:3: a key must be a text'],
    ['a dangerous key', 'a: 1\n__proto__: {b: 1}\n', '2:1: this key is not allowed'],
    ['YAML 1.1', '%YAML 1.1\n---\na: off\n', '1:1: only YAML 1.2 is supported'],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1: the file must hold one document'],
    ['a tab', 'a:\n\t- b\n', '2:1: tabs cannot indent'],
    ['an open quote', 'a: "b\n', '2:1: a closing quote, bracket or brace is missing'],
    ['an open bracket', 'a: [b\n', '2:1: wrong indentation, or a bracket or brace that is not closed'],
    ['two colons on a line', 'a: b: c\n', '1:4: a second ":" on one line'],
    ['a reserved character', 'a: @b\n', '1:4: a text cannot start with this character'],
  ])('refuses %s', (_name, content, problem) => {
    expect(problemsOf(fileWith(content))).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses an alias bomb', () => {
    const levels = Array.from('bcdefgh', (name, level) => {
      const nine = Array.from({ length: 9 }, () => `*${'abcdefg'.charAt(level)}`).join(', ');
      return `${name}: &${name} [${nine}]`;
    });
    expect(problemsOf(fileWith(['a: &a [x, x]', ...levels].join('\n')))).toEqual([
      '1:1: anchors are used too often',
    ]);
  });

  it('refuses endless nesting with few words', () => {
    const problems = problemsOf(fileWith(`a: ${'['.repeat(50_000)}`));
    expect(problems[0]).toContain('nested too deeply');
    expect(problems.length).toBeLessThanOrEqual(10);
  });

  it('refuses a file above 1 MiB, also one that never ends', () => {
    expect(problemsOf(fileWith(`a: ${'x'.repeat(1024 * 1024)}`))).toEqual([
      'null:null: is larger than 1048576 bytes',
    ]);
    expect(problemsOf('/dev/zero')).toEqual(['null:null: is larger than 1048576 bytes']);
  });

  it('refuses what is no UTF-8', () => {
    expect(problemsOf(fileWith(new Uint8Array([0x61, 0x3a, 0xff])))).toEqual([
      'null:null: is not UTF-8 text',
    ]);
  });

  it('says why a file cannot be read', () => {
    expect(problemsOf(join(directory, 'absent.yaml'))).toEqual(['null:null: cannot be read (ENOENT)']);
    expect(problemsOf(directory)).toEqual(['null:null: cannot be read (EISDIR)']);
  });

  it.each([
    'a: *canary-9\n',
    'a: !canary-9 x\n',
    'a: "canary-9\n',
    'a: @canary-9\n',
    'a: canary-9: x\n',
    'canary-9: 1\ncanary-9: 2\n',
  ])('repeats nothing of the file: %j', (content) => {
    const problems = problemsOf(fileWith(content));
    expect(problems).not.toEqual([]);
    expect(problems.join()).not.toContain('canary');
  });
});

describe('positionOf', () => {
  const content = [
    'a: 1',
    'list:',
    '  - name: x',
    '    inner: {key: v, empty: }',
    'anchored: &n',
    '  deep: 5',
    'alias: *n',
    'none:',
  ].join('\n');

  it.each<[readonly PropertyKey[], 'key' | 'value', number, number]>([
    [['a'], 'value', 1, 4],
    [['a'], 'key', 1, 1],
    [['list'], 'value', 2, 1],
    [['list', 0], 'value', 3, 5],
    [['list', 0, 'name'], 'value', 3, 11],
    [['list', 0, 'inner'], 'value', 4, 12],
    [['list', 0, 'inner', 'key'], 'value', 4, 18],
    [['list', 0, 'inner', 'empty'], 'value', 4, 21],
    [['list', 0, 'missing'], 'value', 3, 5],
    [['list', 7, 'missing'], 'value', 2, 1],
    [['alias', 'deep'], 'value', 6, 9],
    [['none'], 'value', 8, 1],
    [['missing', 'further'], 'value', 1, 1],
    [[], 'value', 1, 1],
  ])('places %j (%s) at %i:%i', (path, part, line, column) => {
    expect(readConfigurationDocument(fileWith(content)).positionOf(path, part)).toEqual({ line, column });
  });
});
