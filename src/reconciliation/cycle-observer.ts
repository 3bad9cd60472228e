import type { LostSibling } from '../execution/deletion-alarm.ts';
import type { Digest } from '../oci/digest.ts';
import type { CycleReport, RepositoryReport } from '../planning/cycle-report.ts';
import type { VerifiedDepth } from '../planning/repository-memory.ts';
import type { StepOutcome } from '../planning/step.ts';

/** One direction of replication, as progress and metrics name it. */
export interface LinkName {
  readonly link: string;
  readonly secondary: string;
}

/**
 * The port through which a cycle tells what it does, while it does it. Implementations must return at once and must not
 * throw: they watch, they take no part. Every method does nothing unless overridden.
 */
export abstract class CycleObserver {
  cycleStarted(_cycle: {
    readonly cycleId: string;
    readonly command: string;
    readonly links: readonly LinkName[];
  }): void {}
  /** The repositories of a link are known; `repositories` is their number. */
  linkStarted(_link: LinkName, _repositories: number): void {}
  /** Both sides are compared; `steps` is how many will be tried. */
  repositoryPlanned(_link: LinkName, _repository: string, _steps: number): void {}
  stepFinished(_link: LinkName, _repository: string, _step: StepOutcome): void {}
  /** A tag was put and read back equal; `seconds` since it was first found different, in this cycle or one before it. */
  tagReplicated(_link: LinkName, _repository: string, _seconds: number): void {}
  /** Blob bytes that went over the wire to the secondary since the last call. */
  bytesCopied(_link: LinkName, _bytes: number): void {}
  /** A verification that is written down looked at the tags of a repository; `bad` ones do not pull from the secondary. */
  tagsVerified(
    _link: LinkName,
    _repository: string,
    _tags: { readonly depth: VerifiedDepth; readonly good: number; readonly bad: number },
  ): void {}
  /** Somebody else moved or removed a tag of the secondary since this service last put it or found it equal. */
  foreignWrite(
    _link: LinkName,
    _repository: string,
    _tag: {
      readonly tag: string;
      readonly lastAppliedDigest: Digest;
      readonly foundDigest: Digest | null;
    },
  ): void {}
  /** A deletion took a tag with it that should live; it was put back where that could be, and no other deletion follows. */
  siblingLost(_link: LinkName, _repository: string, _loss: LostSibling): void {}
  /** A comparison found changes of the primary that no event told of, although its registry is to send events. */
  unannouncedChange(_link: LinkName, _repository: string, _changes: number): void {}
  repositoryFinished(_link: LinkName, _report: RepositoryReport): void {}
  cycleFinished(_report: CycleReport): void {}
}
