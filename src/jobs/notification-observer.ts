/** What became of an event of a registry. `ignored`: a pull, a blob, an own write, or a repository that no link takes. */
export type IncomingResult = 'accepted' | 'duplicate' | 'ignored' | 'refused';

/** What became of one attempt to tell somebody. `dead`: it was the last one. */
export type OutgoingResult = 'delivered' | 'retried' | 'dead';

/**
 * The port through which notifications are watched; a hook goes by its path, or by its name where it is an outgoing one.
 * Implementations return at once and do not throw. Every method does nothing unless overridden.
 */
export class NotificationObserver {
  received(_hook: string, _result: IncomingResult, _count: number): void {}
  sent(_hook: string, _result: OutgoingResult): void {}
}
