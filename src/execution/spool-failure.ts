/** The local disk failed a spooled blob; neither registry is to blame, and the primary can be read instead. */
export class SpoolFailure extends Error {
  override readonly name = 'SpoolFailure';
}
