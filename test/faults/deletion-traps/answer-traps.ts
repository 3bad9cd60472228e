import { answer } from '../../fakes/fake-answer.ts';
import { distribution28, distribution31 } from '../../fakes/fake-distribution-profiles.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  htmlPage,
  jsonStatus,
  plainMethodNotAllowed,
  plainNotFound,
  redirect,
  tooManyRequests,
} from '../../fakes/fake-faults.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import { fakeProfile } from '../../fakes/fake-profiles.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { at } from './moments.ts';
import { APP, ORPHAN, paged, type TrapWorld } from './trap-world.ts';

const VERIFY = 'failed VERIFY_FAILED';
const UNSUPPORTED = 'skipped TAG_DELETE_UNSUPPORTED';

function says(status: number): Fault {
  return { kind: 'answer', answer: answer(status) };
}

type Row = readonly [
  mode: CycleTrap['mode'],
  answer: string,
  fault: Fault,
  says: string,
  then?: CycleTrap['then'],
];

/** What a secondary may answer to the deletion, and what is made of it. */
const answers: readonly Row[] = [
  ['DS-17', '202, and does nothing', says(202), VERIFY],
  ['DS-17', '200, and does nothing', says(200), VERIFY],
  ['DS-17', '204, and does nothing', says(204), VERIFY],
  ['DS-17', 'a login page with 200', htmlPage(), VERIFY],
  ['DS-18', '404 with MANIFEST_UNKNOWN, and has it', jsonStatus(404, 'MANIFEST_UNKNOWN'), VERIFY],
  ['DS-18', '404 of a router', plainNotFound(), VERIFY],
  ['DS-19', '400 with DIGEST_INVALID', jsonStatus(400, 'DIGEST_INVALID'), UNSUPPORTED],
  ['DS-19', '400 with UNSUPPORTED', jsonStatus(400, 'UNSUPPORTED'), UNSUPPORTED],
  ['DS-19', '405 with UNSUPPORTED', jsonStatus(405, 'UNSUPPORTED'), UNSUPPORTED],
  ['DS-20', '405 with DENIED', jsonStatus(405, 'DENIED'), 'failed FORBIDDEN'],
  ['DS-20', '405 of a registry in maintenance', plainMethodNotAllowed(), 'failed TARGET_READ_ONLY'],
  ['DS-20', '409', jsonStatus(409, 'MANIFEST_INVALID'), 'failed TAG_IMMUTABLE'],
  ['DS-20', '412', jsonStatus(412, 'PRECONDITION'), 'failed TAG_IMMUTABLE'],
  [
    'DS-20',
    '400 with GOOGLE_MANIFEST_DANGLING_TAG',
    jsonStatus(400, 'GOOGLE_MANIFEST_DANGLING_TAG'),
    'failed MALFORMED_RESPONSE',
  ],
  ['DS-20', '401', jsonStatus(401, 'UNAUTHORIZED'), 'failed UNAUTHORIZED'],
  ['DS-20', '403', jsonStatus(403, 'DENIED'), 'failed FORBIDDEN'],
  ['DS-20', '429 for ever', tooManyRequests('1'), 'failed RATE_LIMITED'],
  ['DS-20', '500 for ever', jsonStatus(500, 'UNKNOWN'), 'failed SERVER_ERROR'],
  ['DS-20', '502 in HTML', htmlPage(502), 'failed SERVER_ERROR'],
  ['DS-20', 'a redirect to another origin', redirect('http://127.0.0.1:9/x'), 'failed MALFORMED_RESPONSE'],
  ['DS-17', 'nothing: the connection breaks before', { kind: 'reset' }, 'failed NETWORK'],
  ['DS-17', 'nothing: the connection breaks after', { kind: 'answer-lost' }, 'done', 'gone'],
  ['DS-17', 'for a proxy that asks twice', { kind: 'applied-twice' }, 'done', 'gone'],
];

/** Registries by what they do with a tag name, see section 3 of the catalogue. */
const registries: readonly (readonly [FakeProfileName, string, CycleTrap['then']?])[] = [
  ['distribution-2.8', UNSUPPORTED],
  ['distribution-2.8-nodelete', UNSUPPORTED],
  ['distribution-2.8-readonly', 'failed TARGET_READ_ONLY'],
  ['distribution-3.0', 'done', 'gone'],
  ['distribution-3.1', 'done', 'gone'],
  ['distribution-3.1-nodelete', UNSUPPORTED],
  ['zot', 'done', 'gone'],
  ['gitlab', 'done', 'gone'],
  ['ghcr', UNSUPPORTED],
  ['ecr', 'done', 'gone'],
  ['hub', 'done', 'gone'],
  ['quay', 'done', 'gone'],
  ['gar', 'done', 'gone'],
  ['harbor', UNSUPPORTED],
  ['no-digest-header', UNSUPPORTED],
];

/** The deletion takes a tag along that stands for the same. */
function takesTwin(world: TrapWorld): Fault {
  return at(() => {
    world.harmed.add(`${APP}:twin`);
    world.secondary.storage.deleteTag(APP, 'twin');
  });
}

const tombstones = { deletions: { fallback: 'tombstone' }, secondary: paged(distribution28) } as const;

function onSecondary(
  operation: 'put-tag' | 'delete-manifest' | 'put-manifest',
  fault: Fault,
): CycleTrap['lie'] {
  return ({ secondary }) => void secondary.faults.add({ operation, fault });
}

export const answerTraps: readonly CycleTrap[] = [
  ...answers.map(([mode, trap, fault, word, then]): CycleTrap => ({
    mode,
    trap: `the secondary answers the deletion with ${trap}`,
    lie: ({ secondary }) => void secondary.faults.add({ operation: 'delete-tag', fault }),
    says: word,
    then,
  })),
  ...registries.map(([name, word, then]): CycleTrap => ({
    mode: 'DS-14',
    trap: `the secondary is ${name}`,
    setting: { secondary: fakeProfile(name) },
    lie: () => undefined,
    says: word,
    then,
  })),
  {
    mode: 'DS-13',
    trap: 'the deletion takes a tag of the same digest along: the next cycle has it again',
    lie: (world) => void world.secondary.faults.add({ operation: 'delete-tag', fault: takesTwin(world) }),
    says: VERIFY,
    then: 'gone',
    after: 'gone',
  },
  {
    mode: 'DS-13',
    trap: 'the tag of the same digest does not answer after the deletion',
    lie: ({ secondary }) => {
      const isDeleted = (): boolean => secondary.history.count({ operation: 'delete-tag' }) > 0;
      secondary.faults.add({
        operation: ['head-tag', 'get-tag'],
        reference: 'twin',
        when: isDeleted,
        fault: jsonStatus(500, 'UNKNOWN'),
      });
    },
    says: VERIFY,
    then: 'gone',
  },
  {
    mode: 'DS-16',
    trap: 'a tombstone takes the tag with it, and no other',
    setting: tombstones,
    lie: () => undefined,
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-16',
    trap: 'no tombstone can be put',
    setting: tombstones,
    lie: onSecondary('put-tag', jsonStatus(500, 'UNKNOWN')),
    says: 'failed SERVER_ERROR',
  },
  {
    mode: 'DS-16',
    trap: 'no tombstone can be deleted, so none is put under the tag',
    setting: tombstones,
    lie: onSecondary('delete-manifest', jsonStatus(405, 'UNSUPPORTED')),
    says: UNSUPPORTED,
  },
  {
    mode: 'DS-16',
    trap: 'tombstones are allowed, and the secondary deletes nothing at all',
    setting: { ...tombstones, secondary: fakeProfile('distribution-2.8-nodelete') },
    lie: () => undefined,
    says: UNSUPPORTED,
  },
  {
    mode: 'DS-16',
    trap: 'tombstones are allowed, and the secondary deletes by name: none is put',
    setting: { ...tombstones, secondary: paged(distribution31) },
    lie: () => undefined,
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-15',
    trap: 'the secondary deletes by digest only, and no fallback is allowed: nothing is deleted by digest',
    setting: { secondary: paged(distribution28) },
    lie: () => undefined,
    says: UNSUPPORTED,
  },
  {
    mode: 'DS-12',
    trap: 'the tag has no manifest when the plan sees it, and has one again when its twin is mended',
    lie: ({ secondary }) => secondary.storage.deleteManifestKeepingTag(APP, ORPHAN),
    says: 'held SECONDARY_CHANGED',
  },
];
