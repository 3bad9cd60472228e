import { ociImage } from '../../builders/image-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, plainNotFound } from '../../fakes/fake-faults.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { APP, stranger, type TrapWorld } from './trap-world.ts';

const v1 = ociImage('trap world, v1').root.digest;
const unknown = `sha256:${'3'.repeat(64)}`;

/** A tag that belongs to an image by its name, on both sides from the beginning. */
function belongingTo(
  subject: string,
  ending = '',
): { readonly tag: string; readonly before: NonNullable<CycleTrap['before']> } {
  const tag = `${subject.replace(':', '-')}${ending}`;
  const before = ({ primary, secondary }: TrapWorld): void => {
    for (const { storage } of [primary, secondary]) seed(storage, APP, stranger, tag);
  };
  return { tag, before };
}

function subjectIs(fault: Fault): CycleTrap['lie'] {
  return ({ primary }) =>
    void primary.faults.add({
      operation: ['head-manifest', 'get-manifest'],
      repository: APP,
      reference: unknown,
      fault,
    });
}

const LIVES = 'skipped REFERRER_OF_LIVE_SUBJECT';

export const referrerTraps: readonly CycleTrap[] = [
  {
    mode: 'DS-26',
    trap: 'the referrers tag of a living image went from the primary',
    ...belongingTo(v1),
    lie: () => undefined,
    says: LIVES,
    after: 'lives',
  },
  ...['.sig', '.att', '.sbom'].map((ending): CycleTrap => ({
    mode: 'DS-26',
    trap: `the ${ending} tag of a living image went from the primary`,
    ...belongingTo(v1, ending),
    lie: () => undefined,
    says: LIVES,
    after: 'lives',
  })),
  {
    mode: 'DS-26',
    trap: 'the image of a signature has no tag any more, and is there',
    ...belongingTo(v1, '.sig'),
    lie: ({ primary }) => primary.storage.deleteTag(APP, 'v1'),
    says: LIVES,
  },
  {
    mode: 'DS-26',
    trap: 'the image of a signature is named by a digest that is cut short',
    ...belongingTo(`sha512:${'4'.repeat(64)}`),
    lie: () => undefined,
    says: LIVES,
  },
  {
    mode: 'DS-26',
    trap: 'the image of a signature is gone',
    ...belongingTo(unknown, '.sig'),
    lie: () => undefined,
    says: 'done',
    then: 'gone',
  },
  ...(
    [
      ['500', jsonStatus(500, 'UNKNOWN')],
      ['401', jsonStatus(401, 'UNAUTHORIZED')],
      ['404 of a router', plainNotFound()],
      ['404 with NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN')],
      ['a login page', htmlPage()],
      ['nothing', { kind: 'reset' }],
    ] as const
  ).map(([said, fault]): CycleTrap => ({
    mode: 'DS-26',
    trap: `the primary is asked for the image of a signature and answers ${said}`,
    ...belongingTo(unknown, '.sig'),
    lie: subjectIs(fault),
    says: LIVES,
  })),
];
