/** What a request asks for, in the words that fault rules and history use. */
export const operations = [
  'ping',
  'get-token',
  'post-token',
  'list-catalog',
  'list-catalog-next',
  'list-tags',
  'list-tags-next',
  'head-tag',
  'get-tag',
  'head-manifest',
  'get-manifest',
  'read-referrers-tag',
  'head-blob',
  'get-blob',
  'get-redirected-blob',
  'list-referrers',
  'list-referrers-next',
  'open-upload',
  'mount-blob',
  'patch-upload',
  'commit-upload',
  'get-upload',
  'cancel-upload',
  'put-manifest',
  'put-tag',
  'delete-tag',
  'delete-manifest',
  'delete-blob',
  'unknown',
] as const;

/**
 * `…-manifest` goes by digest and `…-tag` by name; `put-manifest` is a child. `…-next` is a page that a Link named.
 * `read-referrers-tag` is HEAD or GET of a tag of the form `sha256-<hex>`. `get-redirected-blob` arrives at the
 * second origin.
 */
export type FakeOperation = (typeof operations)[number];

/** Operations that change something on the registry. */
export const writeOperations: ReadonlySet<FakeOperation> = new Set<FakeOperation>([
  'open-upload',
  'mount-blob',
  'patch-upload',
  'commit-upload',
  'cancel-upload',
  'put-manifest',
  'put-tag',
  'delete-tag',
  'delete-manifest',
  'delete-blob',
]);
