import type { RepositoryReading } from '../inventory/repository-reader.ts';
import { stepEnded, type StepOutcome } from '../planning/step.ts';
import { NOT_ASKED_FOR } from '../policy/tag-filter.ts';

/** Tags of either side outside the filters of the link: each once, with the rule that drops it. */
export function ignoredSteps({
  primary,
  secondary,
}: {
  readonly primary: RepositoryReading;
  readonly secondary: RepositoryReading;
}): StepOutcome[] {
  const dropped = new Map(
    [...secondary.selection.dropped, ...primary.selection.dropped].map((tag) => [tag.tag, tag]),
  );
  const outside = [...dropped.values()].filter(({ message }) => message !== NOT_ASKED_FOR);
  return outside.map(({ tag, reason, message }) =>
    stepEnded(
      { kind: 'skip-tag', tag, primaryDigest: null, secondaryDigest: null },
      'skipped',
      reason,
      message,
    ),
  );
}
