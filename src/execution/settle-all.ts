/** Waits for all of `promises` to end, then throws the first failure: nothing goes on in the back of a failed copy. */
export async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(promises);
  for (const result of settled) if (result.status === 'rejected') throw result.reason;
}
