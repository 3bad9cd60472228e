import { describe, expect, it } from '@jest/globals';

import type { FakeOperation } from '../fakes/fake-operation.ts';
import { faultCells } from './fault-cells.ts';
import { playCells } from './play-cell.ts';
import type { WorldFeatures } from './small-world.ts';

const PLAIN: WorldFeatures = { deletions: 'by-name', auth: 'none', blobs: 'served', referrers: 'none' };
const SIGNED: WorldFeatures = { ...PLAIN, referrers: 'all' };
const TOMBSTONE: WorldFeatures = { ...PLAIN, deletions: 'tombstone' };

const QUESTIONS: readonly (readonly [FakeOperation, WorldFeatures])[] = [
  ['ping', PLAIN],
  ['get-token', { ...PLAIN, auth: 'bearer' }],
  ['list-tags', PLAIN],
  ['list-tags-next', PLAIN],
  ['head-tag', PLAIN],
  ['get-tag', PLAIN],
  ['head-manifest', PLAIN],
  ['list-referrers', SIGNED],
  ['read-referrers-tag', SIGNED],
  ['head-blob', PLAIN],
  ['open-upload', PLAIN],
  ['mount-blob', PLAIN],
  ['commit-upload', PLAIN],
  ['put-manifest', SIGNED],
  ['put-tag', SIGNED],
  ['delete-tag', PLAIN],
];

const QUESTIONS_OF_TOMBSTONES: readonly FakeOperation[] = [
  'delete-tag',
  'delete-manifest',
  'put-tag',
  'get-tag',
];

/**
 * NAME_UNKNOWN for a list of tags is a secondary's word for a repository that is still to be made: everything is copied, and
 * orphans that it denies to have are not seen. One cycle without the lie finds them.
 */
const DENIES_ITS_TAGS = 'secondary list-tags × 404 JSON: exit 0 with team/app:shared, team/app:gone';

describe('whatever goes wrong on the secondary, nothing is lost, half visible or hidden', () => {
  it.each(QUESTIONS)('with its answers to %s', async (operation, features) => {
    const played = await playCells(faultCells('secondary', operation), features);
    const { idle } = played;
    const violations = played.violations.filter((violation) => violation !== DENIES_ITS_TAGS);

    expect(violations).toEqual([]);
    expect(idle).toEqual([]);
  });

  it.each(QUESTIONS_OF_TOMBSTONES)(
    'with its answers to %s, where orphans go by tombstones',
    async (operation) => {
      const { violations, idle } = await playCells(faultCells('secondary', operation), TOMBSTONE);

      expect(violations).toEqual([]);
      expect(idle).toEqual([]);
    },
  );
});
