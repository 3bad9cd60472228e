import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { REASON_CODES } from '../planning/reason-code.ts';
import {
  digestWith,
  failureWith,
  linkWith,
  reportWith,
  repositoryWith,
  stepWith,
} from './cycle-report.builder.ts';
import { renderReportDocument, reportDocument } from './report-document.ts';

const outcome = z.enum(['in-sync', 'differences', 'partial', 'failed', 'held']);
const reason = z.enum(REASON_CODES);
const failure = { reason: reason.optional(), message: z.string().optional() };
const digest = z
  .string()
  .regex(/^sha256:[a-f0-9]{64}$/)
  .nullable();
const count = z.int().nonnegative();

/** The document as scripts of others were promised it; unknown fields are errors here. */
const documentSchema = z.strictObject({
  command: z.enum(['sync', 'plan', 'verify']),
  cycleId: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  outcome,
  links: z.array(
    z.strictObject({
      link: z.string(),
      primary: z.string(),
      secondary: z.string(),
      outcome,
      ...failure,
      totals: z.strictObject({
        repositories: count,
        inSync: count,
        copied: count,
        moved: count,
        deleted: count,
        held: count,
        failed: count,
        ignored: count,
        orphans: count,
        blobsCopied: count,
        blobsMounted: count,
        blobsPresent: count,
        bytesCopied: count,
        requestsPrimary: count,
        requestsSecondary: count,
      }),
      repositories: z.array(
        z.strictObject({
          primaryRepository: z.string(),
          secondaryRepository: z.string(),
          outcome,
          ...failure,
          steps: z.array(
            z.strictObject({
              kind: z.enum([
                'copy-tag',
                'move-tag',
                'delete-orphan-tag',
                'copy-referrer',
                'skip-tag',
                'verify-tag',
              ]),
              tag: z.string(),
              primaryDigest: digest,
              secondaryDigest: digest,
              outcome: z.enum(['planned', 'done', 'skipped', 'held', 'failed']),
              reason: reason.nullable(),
              message: z.string().nullable(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const ignoredStep = stepWith('skip-tag', 'nightly', {
  outcome: 'skipped',
  reason: 'FILTERED_TAG',
  message: 'filtered',
});
const report = reportWith([
  linkWith({
    outcome: 'partial',
    totals: { requestsPrimary: 7, requestsSecondary: 9 },
    repositories: [
      repositoryWith('team/app', {
        totals: { inSync: 3, copied: 1, ignored: 1 },
        steps: [stepWith('copy-tag', 'v1', { primaryDigest: digestWith('a') }), ignoredStep],
      }),
      repositoryWith('team/gone', { outcome: 'failed', failure: failureWith('REPOSITORY_MISSING') }),
    ],
  }),
  linkWith({ secondary: 'ap', outcome: 'failed', failure: failureWith('NETWORK', { side: 'secondary' }) }),
]);

function withoutFailure(keys: readonly string[]): string[] {
  return keys.filter((key) => !(key in failure));
}

function keysOf(value: object): string[] {
  return Object.keys(value);
}

describe('the JSON document', () => {
  it('has the documented shape and no other field', () => {
    const parsed: unknown = JSON.parse(renderReportDocument(report, 'shown'));
    expect(() => documentSchema.parse(parsed)).not.toThrow();
  });

  it('has its fields in the documented order, whatever the order in the report', () => {
    const { startedAt, ...rest } = report;
    const document = reportDocument({ startedAt, ...rest }, 'hidden');
    const schema = documentSchema.shape;
    const link = schema.links.element.shape;
    expect(keysOf(document)).toEqual(keysOf(schema));
    expect(keysOf(document.links[0]!)).toEqual(withoutFailure(keysOf(link)));
    expect(keysOf(document.links[0]!.totals)).toEqual(keysOf(link.totals.shape));
    expect(keysOf(document.links[0]!.repositories[0]!)).toEqual(
      withoutFailure(keysOf(link.repositories.element.shape)),
    );
    expect(keysOf(document.links[0]!.repositories[0]!.steps[0]!)).toEqual(
      keysOf(link.repositories.element.shape.steps.element.shape),
    );
  });

  it('drops fields that the contract does not know', () => {
    const step = { ...stepWith('copy-tag', 'v1'), attempts: 3 };
    const widened = reportWith([linkWith({ repositories: [repositoryWith('team/app', { steps: [step] })] })]);
    expect(() => documentSchema.parse(reportDocument(widened, 'shown'))).not.toThrow();
  });

  it('says why a repository or a registry could not be read, and on which side', () => {
    const [first, second] = reportDocument(report, 'hidden').links;
    expect(first!.repositories[1]).toMatchObject({
      reason: 'REPOSITORY_MISSING',
      message: 'primary: it did not work',
    });
    expect(second).toMatchObject({ reason: 'NETWORK', message: 'secondary: it did not work' });
  });

  it('lists steps of ignored tags on demand only', () => {
    const kindsOf = (ignored: 'shown' | 'hidden'): string[] =>
      reportDocument(report, ignored).links[0]!.repositories[0]!.steps.map((step) => step.kind);
    expect(kindsOf('hidden')).toEqual(['copy-tag']);
    expect(kindsOf('shown')).toEqual(['copy-tag', 'skip-tag']);
  });

  it('writes nothing that a terminal acts on but its own line ends, and loses no character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const step = stepWith('copy-tag', text, { outcome: 'failed', reason: 'NETWORK', message: text });
        const odd = reportWith([
          linkWith({
            link: text,
            repositories: [repositoryWith('team/app', { steps: [step] })],
          }),
        ]);
        const json = renderReportDocument(odd, 'hidden');
        expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect((JSON.parse(json) as typeof report).links[0]!.repositories[0]!.steps[0]!.message).toBe(text);
      }),
    );
  });
});
