/**
 * What registries do or refuse, whatever the specification says: deleting a tag by its name, deleting a manifest by its digest, the
 * referrers API, mounting a blob from another repository, taking an index whose children are not all there.
 */
export const CAPABILITIES = ['tagDelete', 'digestDelete', 'referrers', 'mount', 'sparseIndex'] as const;

export type Capability = (typeof CAPABILITIES)[number];

export type CapabilityState = 'works' | 'refused';
