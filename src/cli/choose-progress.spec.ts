import { describe, expect, it } from '@jest/globals';
import { chooseProgress } from './choose-progress.ts';
import { LineProgress } from './line-progress.ts';
import { LiveProgress } from './live-progress.ts';
import { KeptStream, StoppedClock } from './progress-stream.builder.ts';

describe('chooseProgress', () => {
  const terminal = new KeptStream({ columns: 80, rows: 24 });

  it.each([
    ['live bars for a terminal', terminal, { TERM: 'xterm-256color' }, LiveProgress],
    ['live bars without colours for NO_COLOR', terminal, { NO_COLOR: '1' }, LiveProgress],
    ['lines for a terminal that cannot redraw', terminal, { TERM: 'dumb' }, LineProgress],
    ['lines for a pipe', new KeptStream(), { TERM: 'xterm' }, LineProgress],
  ])('chooses %s', (_name, stream, environment, expected) => {
    expect(chooseProgress(stream, new StoppedClock(), environment)).toBeInstanceOf(expected);
  });
});
