import { type ContractChapter } from './contract-step.ts';
import { blobChapter } from './steps/blob-steps.ts';
import { catalogChapter } from './steps/catalog-steps.ts';
import { deleteChapter } from './steps/delete-steps.ts';
import { manifestGraphChapter } from './steps/manifest-graph-steps.ts';
import { manifestReadChapter } from './steps/manifest-read-steps.ts';
import { manifestWriteChapter } from './steps/manifest-write-steps.ts';
import { mountChapter } from './steps/mount-steps.ts';
import { routeChapter } from './steps/route-steps.ts';
import { tagListChapter } from './steps/tag-list-steps.ts';
import { uploadEndChapter } from './steps/upload-end-steps.ts';
import { uploadSessionChapter } from './steps/upload-session-steps.ts';

/** The script for a registry that may be written to and deleted from. The catalog comes first: it needs an empty one. */
export const wholeScript: readonly ContractChapter[] = [
  catalogChapter,
  routeChapter,
  uploadSessionChapter,
  uploadEndChapter,
  mountChapter,
  blobChapter,
  manifestReadChapter,
  manifestWriteChapter,
  manifestGraphChapter,
  tagListChapter,
  deleteChapter,
];
