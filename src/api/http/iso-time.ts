/** A moment of a row as answers have it: ISO 8601, UTC. */
export function isoOrNull(moment: Date | null): string | null {
  return moment === null ? null : moment.toISOString();
}
