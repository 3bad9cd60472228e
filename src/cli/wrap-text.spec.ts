import { describe, expect, it } from '@jest/globals';
import { wrapText } from './wrap-text.ts';

describe('wrapText', () => {
  it.each([
    ['breaks at spaces', 'one two three', 8, ['one two', 'three']],
    ['fills a line to its last character', 'one two', 7, ['one two']],
    [
      'keeps a long word whole on a line of its own',
      'see http://registry.example.com now',
      10,
      ['see', 'http://registry.example.com', 'now'],
    ],
    ['leaves text for a pipe on one line', 'one two three', null, ['one two three']],
    ['has a line for no text', '', 10, ['']],
  ])('%s', (_name, text, width, lines) => {
    expect(wrapText(text, width)).toEqual(lines);
  });
});
