import { describe, expect, it } from '@jest/globals';
import { repositoryWith, stepWith } from './cycle-report.builder.ts';
import { LiveProgress } from './live-progress.ts';
import { KeptStream, StoppedClock } from './progress-stream.builder.ts';

const TO_US = { link: 'eu-to-all', secondary: 'us' };
const TO_AP = { link: 'eu-to-all', secondary: 'ap' };
const APP = 'team/app';

/** What is written without the movements of the cursor. */
function shown(stream: KeptStream): string[] {
  return stream.text.replaceAll(/\p{Cc}\[[\d;?]*[A-Za-z]/gu, '').split('\n');
}

function started(stream: KeptStream, links = [TO_US, TO_AP]): LiveProgress {
  const progress = new LiveProgress(stream, new StoppedClock());
  progress.cycleStarted({ cycleId: 'cycle-1', command: 'sync', links });
  return progress;
}

describe('LiveProgress', () => {
  it('leaves the last state of every link behind when the cycle ends', () => {
    const stream = new KeptStream({ columns: 80, rows: 24 });
    const progress = started(stream);
    progress.linkStarted(TO_US, 1);
    progress.repositoryPlanned(TO_US, APP, 1);
    progress.bytesCopied(TO_US, 2048);
    progress.stepFinished(TO_US, APP, stepWith('copy-tag', 'v1'));
    progress.repositoryFinished(TO_US, repositoryWith(APP));
    progress.cycleFinished();
    expect(shown(stream)).toEqual([
      'eu-to-all → us  [##########]  1/1 repos  1 copied  2.0 KiB',
      'eu-to-all → ap  not started',
      '',
      '',
    ]);
  });

  it('names a link alone where it has one secondary', () => {
    const stream = new KeptStream({ columns: 80, rows: 24 });
    started(stream, [TO_US]).close();
    expect(shown(stream)[0]).toBe('eu-to-all  not started');
  });

  it('may be closed twice, and writes nothing afterwards', () => {
    const stream = new KeptStream({ columns: 80, rows: 24 });
    const progress = started(stream);
    progress.close();
    const text = stream.text;
    progress.close();
    progress.linkStarted(TO_US, 1);
    progress.cycleFinished();
    expect(stream.text).toBe(text);
  });

  it('leaves cursor and line wrapping of the terminal as they are, so that a killed process does no harm', () => {
    const stream = new KeptStream({ columns: 80, rows: 24 });
    started(stream).close();
    expect(stream.text).not.toMatch(/\p{Cc}\[\?/u);
  });

  it('shows no more lines than the terminal has', () => {
    const stream = new KeptStream({ columns: 80, rows: 5 });
    const links = Array.from({ length: 9 }, (_, index) => ({ link: `link-${index}`, secondary: 'us' }));
    started(stream, links).close();
    expect(shown(stream)).toEqual([
      'link-0  not started',
      'link-1  not started',
      'link-2  not started',
      '… and 6 more',
      '',
      '',
    ]);
  });

  it('keeps every line within the width of the terminal', () => {
    const stream = new KeptStream({ columns: 30, rows: 24 });
    const progress = started(stream);
    progress.linkStarted(TO_US, 1);
    progress.repositoryPlanned(TO_US, 'group/subgroup/application', 1);
    progress.close();
    expect(Math.max(...shown(stream).map((line) => line.length))).toBeLessThan(30);
  });

  it('does not mind events of a link it was not told of, or a cycle without links', () => {
    const stream = new KeptStream({ columns: 80, rows: 24 });
    const progress = started(stream, []);
    progress.linkStarted(TO_US, 1);
    progress.stepFinished(TO_US, APP, stepWith('copy-tag', 'v1'));
    progress.repositoryFinished(TO_US, repositoryWith(APP));
    progress.bytesCopied(TO_US, 1);
    progress.cycleFinished();
    expect(stream.text).toBe('');
  });
});
