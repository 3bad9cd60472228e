import { describe, expect, it } from '@jest/globals';
import type { HeldPlanNote } from '../planning/cycle-report.ts';
import { linkWith, reportWith, repositoryWith } from './cycle-report.builder.ts';
import { approvalPlaceOf, heldPlanLines } from './held-plans.ts';

const HASH = 'ab'.repeat(32);
const PLACE = { url: 'http://127.0.0.1:8080', access: 'open' } as const;
const COMMAND = `curl -X POST http://127.0.0.1:8080/api/v1/deletions/${HASH}/approve`;

function linesFor(state: HeldPlanNote['state']): string[] {
  const heldPlan = { hash: HASH, tags: 6, state };
  const repositories = [repositoryWith('team/app', { heldPlan }), repositoryWith('team/web')];
  return heldPlanLines(reportWith([linkWith({ secondary: 'us', repositories })]), PLACE);
}

describe('held deletions in a report', () => {
  it.each([
    ['recorded', COMMAND],
    ['unrecorded', `once a sync has written it down: ${COMMAND}`],
    ['rejected', `rejected; to let it go all the same: ${COMMAND}`],
  ] as const)('come with what to do about them: %s', (state, what) => {
    expect(linesFor(state)).toEqual([
      'held deletions',
      `  team/app on us: 6 tags, plan ${HASH}`,
      `      ${what}`,
    ]);
  });

  it('are not mentioned where there are none', () => {
    expect(
      heldPlanLines(reportWith([linkWith({ repositories: [repositoryWith('team/app')] })]), PLACE),
    ).toEqual([]);
  });

  it.each([
    [
      { host: '127.0.0.1', port: 8080, tokens: [] },
      { url: 'http://127.0.0.1:8080', access: 'open' },
    ],
    [
      { host: '::1', port: 80, tokens: [] },
      { url: 'http://[::1]:80', access: 'open' },
    ],
  ])('are approved at the service of the configuration: %j', (server, place) => {
    expect(approvalPlaceOf(server)).toEqual(place);
  });
});
