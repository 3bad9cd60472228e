import type { Section } from './dashboard-frame.ts';
import { growthOfLinks, ofLinks } from './expressions.ts';
import { OF_SERIES, toApi, toLinkDetail } from './links.ts';
import { HALF_OF_LINKS } from './panels/faces.ts';
import { bars, coloured, layers, lines } from './panels/lines.ts';
import type { PlannedPanel } from './panels/plan.ts';
import { overTime } from './prometheus-query.ts';

const PAIR = ['link', 'secondary'] as const;

/** What is held back or refused, what was gone through, and who else writes. */
export function deletionsAndTrust(): Section {
  return {
    title: 'Deletions and trust',
    panels: [heldOverTime(), refusals(), verified(), verifications(), strangers()],
  };
}

function heldOverTime(): PlannedPanel {
  return lines({
    ...HALF_OF_LINKS,
    title: 'Deletions held',
    description:
      'Orphan tags whose deletion waits for somebody to approve or reject it. A jump is a mass deletion on the primary, or a registry that suddenly lists less: look before you approve.',
    queries: [
      overTime(ofLinks('tags', { by: ['state'], where: 'state="held"' }), '{{link}} → {{secondary}}'),
    ],
    leadsTo: [toApi('Held deletions in the API', '/deletions?state=held')],
  });
}

function refusals(): PlannedPanel {
  return bars({
    ...HALF_OF_LINKS,
    title: 'Deletions refused, in an hour, by reason',
    description:
      'How often the gate or the registry refused to delete an orphan tag. FIRST_CYCLE and TOO_FEW_OBSERVATIONS pass by themselves; OVER_BUDGET and PRIMARY_EMPTY ask for a decision; TAG_DELETE_UNSUPPORTED is a registry that forbids deletes.',
    noValue: 'no deletion was refused',
    queries: [overTime(growthOfLinks('deletions_refused_total', { by: ['reason'] }), '{{reason}}')],
  });
}

function verified(): PlannedPanel {
  return coloured(
    layers({
      ...HALF_OF_LINKS,
      title: 'Verified tags',
      description:
        'Tags whose content was gone through at least once, by what came of it last. `failed` are equal by digest and cannot be pulled whole: the service mends what it can, see docs/service.md.',
      alerts: ['GeoReconcilerVerificationFailed'],
      noValue: 'nothing was verified yet',
      queries: [overTime(`sum by (result) (${ofLinks('verified_tags', { by: ['result'] })})`, '{{result}}')],
    }),
    { ok: 'green', failed: 'red' },
  );
}

function verifications(): PlannedPanel {
  return coloured(
    bars({
      ...HALF_OF_LINKS,
      title: 'Verifications of tags, in an hour',
      description:
        'Tags that a verification went through, by what it found. None for longer than the schedule of `verify` says: nobody looks whether equal tags can be pulled. `failed`: see the log for the tags and what is wrong with them.',
      noValue: 'nothing was verified in this time',
      queries: [overTime(growthOfLinks('verification_total', { by: ['result'] }), '{{result}}')],
    }),
    { ok: 'green', failed: 'red' },
  );
}

function strangers(): PlannedPanel {
  return bars({
    ...HALF_OF_LINKS,
    width: 24,
    title: 'Writes of others and changes that nobody announced, in an hour',
    description:
      'Writes of others: tags of a secondary that somebody else changed; the service puts them right again, and the two will fight. Unannounced: changes of the primary that a cycle found and no notification told; many of them mean that notifications do not arrive.',
    alerts: ['GeoReconcilerForeignWrites', 'GeoReconcilerUnannouncedChanges'],
    noValue: 'none',
    queries: [
      overTime(
        growthOfLinks('foreign_writes_total', { by: PAIR }),
        'write of another: {{link}} → {{secondary}}',
      ),
      overTime(
        growthOfLinks('unannounced_changes_total', { by: PAIR }),
        'unannounced: {{link}} → {{secondary}}',
      ),
    ],
    leadsTo: [toLinkDetail(OF_SERIES)],
  });
}
