import { z } from 'zod';

const Digest = z.string().regex(/^sha(?:256|512):[0-9a-f]{64,128}$/);
const Count = z.int().min(0);
const Outcome = z.enum(['in-sync', 'differences', 'partial', 'failed', 'held']);
const Time = z.iso.datetime();
const Reason = z.string().regex(/^[A-Z][A-Z0-9_]+$/);

/** There only where a registry or a repository could not be read. */
const failure = { reason: Reason.optional(), message: z.string().min(1).optional() };

const Step = z.strictObject({
  kind: z.enum(['copy-tag', 'move-tag', 'delete-orphan-tag', 'copy-referrer', 'skip-tag', 'verify-tag']),
  tag: z.string().min(1),
  primaryDigest: Digest.nullable(),
  secondaryDigest: Digest.nullable(),
  outcome: z.enum(['planned', 'done', 'skipped', 'held', 'failed']),
  reason: Reason.nullable(),
  message: z.string().nullable(),
});

const Repository = z.strictObject({
  primaryRepository: z.string().min(1),
  secondaryRepository: z.string().min(1),
  outcome: Outcome,
  ...failure,
  steps: z.array(Step),
});

const Totals = z.strictObject({
  repositories: Count,
  inSync: Count,
  copied: Count,
  moved: Count,
  deleted: Count,
  held: Count,
  failed: Count,
  ignored: Count,
  orphans: Count,
  blobsCopied: Count,
  blobsMounted: Count,
  blobsPresent: Count,
  bytesCopied: Count,
  requestsPrimary: Count,
  requestsSecondary: Count,
});

const Link = z.strictObject({
  link: z.string().min(1),
  primary: z.string().min(1),
  secondary: z.string().min(1),
  outcome: Outcome,
  ...failure,
  totals: Totals,
  repositories: z.array(Repository),
});

/** The document of `--output json`, field by field and no other, written down a second time: scripts hold on to it. */
export const ReportDocument = z.strictObject({
  command: z.enum(['sync', 'plan', 'verify']),
  cycleId: z.uuid(),
  startedAt: Time,
  finishedAt: Time,
  outcome: Outcome,
  links: z.array(Link),
});

export type ReportDocument = z.output<typeof ReportDocument>;
export type ReportedLink = ReportDocument['links'][number];
export type ReportedRepository = ReportedLink['repositories'][number];
export type ReportedStep = ReportedRepository['steps'][number];

/** Standard output of a command as the document. Throws with all that the command said where it is none. */
export function parseReport(result: {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}): ReportDocument {
  try {
    return ReportDocument.parse(JSON.parse(result.stdout));
  } catch (error) {
    throw new Error(`exit ${result.exitCode}, no document:\n${result.stdout}\n${result.stderr}`, {
      cause: error,
    });
  }
}

/** The only link of a document. */
export function linkOf(report: ReportDocument): ReportedLink {
  const [link, ...others] = report.links;
  if (link === undefined || others.length > 0) throw new Error(`${report.links.length} links instead of one`);
  return link;
}

/** The steps of one repository of the only link; the repository must be in the document. */
export function stepsOf(report: ReportDocument, repository: string): ReportedStep[] {
  return repositoryOf(report, repository).steps;
}

export function repositoryOf(report: ReportDocument, repository: string): ReportedRepository {
  const found = linkOf(report).repositories.find(({ primaryRepository }) => primaryRepository === repository);
  if (found === undefined) throw new Error(`the document has no repository ${repository}`);
  return found;
}

/** What became of each tag: `v1: copy-tag done`, `v2: delete-orphan-tag held OVER_BUDGET`, in the order of the tags. */
export function summaryOf(steps: readonly ReportedStep[]): string[] {
  return steps
    .map(
      ({ kind, tag, outcome, reason }) => `${tag}: ${kind} ${outcome}${reason === null ? '' : ` ${reason}`}`,
    )
    .sort();
}
