import { describe, expect, it } from '@jest/globals';
import { failureWith, reportWith, repositoryWith, stepWith } from './cycle-report.builder.ts';
import { LineProgress } from './line-progress.ts';
import { KeptStream, StoppedClock } from './progress-stream.builder.ts';

const LINK = { cycleId: 'cycle-1', link: 'eu-to-us', secondary: 'us' };
const APP = 'team/app';
const TIME = '2026-03-01T03:00:00.000Z';

describe('LineProgress', () => {
  it('writes one line of JSON per event', () => {
    const stream = new KeptStream();
    const progress = new LineProgress(stream, new StoppedClock());
    progress.cycleStarted({ cycleId: 'cycle-1', command: 'sync', links: [LINK] });
    progress.linkStarted(LINK, 2);
    progress.repositoryPlanned(LINK, APP, 3);
    progress.bytesCopied(LINK, 12);
    progress.stepFinished(LINK, APP, stepWith('copy-tag', 'v1'));
    progress.stepFinished(LINK, APP, stepWith('copy-tag', 'v2', { outcome: 'failed', reason: 'TIMEOUT' }));
    progress.repositoryFinished(LINK, repositoryWith(APP, { totals: { bytesCopied: 12 } }));
    progress.repositoryFinished(
      LINK,
      repositoryWith('team/web', { outcome: 'failed', failure: failureWith('TLS') }),
    );
    progress.cycleFinished(reportWith([], { outcome: 'partial' }));
    progress.close();
    expect(stream.text.split('\n')).toEqual([
      `{"time":"${TIME}","event":"cycle-started","cycleId":"cycle-1","command":"sync","links":[{"link":"eu-to-us","secondary":"us"}]}`,
      `{"time":"${TIME}","event":"link-started","link":"eu-to-us","secondary":"us","repositories":2}`,
      `{"time":"${TIME}","event":"repository-planned","link":"eu-to-us","secondary":"us","repository":"team/app","steps":3}`,
      `{"time":"${TIME}","event":"step","link":"eu-to-us","secondary":"us","repository":"team/app","kind":"copy-tag","tag":"v1","outcome":"done","reason":null}`,
      `{"time":"${TIME}","event":"step","link":"eu-to-us","secondary":"us","repository":"team/app","kind":"copy-tag","tag":"v2","outcome":"failed","reason":"TIMEOUT"}`,
      `{"time":"${TIME}","event":"repository-finished","link":"eu-to-us","secondary":"us","repository":"team/app","outcome":"in-sync","reason":null,"bytesCopied":12}`,
      `{"time":"${TIME}","event":"repository-finished","link":"eu-to-us","secondary":"us","repository":"team/web","outcome":"failed","reason":"TLS","bytesCopied":0}`,
      `{"time":"${TIME}","event":"cycle-finished","cycleId":"cycle-1","command":"sync","outcome":"partial"}`,
      '',
    ]);
  });

  it('keeps a step on one line whatever its tag', () => {
    const stream = new KeptStream();
    new LineProgress(stream, new StoppedClock()).stepFinished(LINK, APP, stepWith('copy-tag', 'a\nb\u009bc'));
    expect(stream.text.split('\n')).toHaveLength(2);
    expect(stream.text).toContain('"tag":"a\\nb\\u009bc"');
  });
});
