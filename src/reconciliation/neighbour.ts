import type { Writing } from '../policy/write-overlap.ts';
import type { RegistryClient } from '../registry/registry-client.ts';

/** Another link that writes to a secondary of this one, perhaps to the same repositories. */
export interface Neighbour {
  readonly link: string;
  readonly writing: Writing;
  readonly primary: RegistryClient;
}
