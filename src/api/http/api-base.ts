/** Where links, registries, cycles and deletions are; everything else is at the root. */
export const API_BASE = 'api/v1';
