import { describe, expect, it } from '@jest/globals';

import type { FakeOperation } from '../fakes/fake-operation.ts';
import { faultCells } from './fault-cells.ts';
import { playCells } from './play-cell.ts';
import type { WorldFeatures } from './small-world.ts';

const PLAIN: WorldFeatures = { deletions: 'by-name', auth: 'none', blobs: 'served', referrers: 'none' };
const SIGNED: WorldFeatures = { ...PLAIN, referrers: 'all' };

const QUESTIONS: readonly (readonly [FakeOperation, WorldFeatures])[] = [
  ['ping', PLAIN],
  ['get-token', { ...PLAIN, auth: 'bearer' }],
  ['list-catalog', PLAIN],
  ['list-catalog-next', PLAIN],
  ['list-tags', PLAIN],
  ['list-tags-next', PLAIN],
  ['head-tag', PLAIN],
  ['get-tag', PLAIN],
  ['get-manifest', PLAIN],
  ['list-referrers', SIGNED],
  ['list-referrers-next', SIGNED],
  ['head-blob', PLAIN],
  ['get-blob', { ...PLAIN, blobs: 'blob-origin', auth: 'bearer' }],
  ['get-redirected-blob', { ...PLAIN, blobs: 'blob-origin', auth: 'bearer' }],
];

describe('whatever goes wrong on the primary, nothing is lost, half visible or hidden', () => {
  it.each(QUESTIONS)('with its answers to %s', async (operation, features) => {
    const { violations, idle } = await playCells(faultCells('primary', operation), features);

    expect(violations).toEqual([]);
    expect(idle).toEqual([]);
  });
});
