import type { Tag } from '../oci/reference.ts';
import type { GateVerdict } from '../planning/deletion-gate.ts';

/** Time passes between two verdicts, and another tag may become old enough: it was not counted, so it waits. */
export function withoutNewcomers(
  nominated: ReadonlyMap<Tag, GateVerdict>,
  verdicts: ReadonlyMap<Tag, GateVerdict>,
): ReadonlyMap<Tag, GateVerdict> {
  return new Map(
    [...verdicts].map(([tag, verdict]) => {
      const first = nominated.get(tag);
      return [tag, first === undefined || first.kind === 'allowed' ? verdict : first];
    }),
  );
}
