import { describe, expect, it } from '@jest/globals';
import { styleFor } from './style.ts';

describe('styleFor', () => {
  it('colours on a terminal', () => {
    expect(styleFor({ isTTY: true }, { TERM: 'xterm' }).bad('no')).toBe('\u001b[31mno\u001b[39m');
  });

  it.each([
    ['a pipe', {}, {}],
    ['a pipe in a build that asks libraries for colours', { isTTY: false }, { CI: 'true', FORCE_COLOR: '1' }],
    ['a user who said NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }],
    ['a user who said NO_COLOR=0, which means the same', { isTTY: true }, { NO_COLOR: '0' }],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }],
  ])('leaves text alone for %s', (_name, stream, environment) => {
    const style = styleFor(stream, environment);
    expect(
      [style.good, style.warning, style.bad, style.faint, style.strong].map((paint) => paint('x')),
    ).toEqual(Array.from({ length: 5 }, () => 'x'));
  });

  it('takes an empty NO_COLOR for none', () => {
    expect(styleFor({ isTTY: true }, { NO_COLOR: '' }).good('yes')).not.toBe('yes');
  });
});
