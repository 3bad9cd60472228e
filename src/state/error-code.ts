/** The code that Node or PostgreSQL gave an error, of whatever class it is. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What an error says, for the end of a longer message. */
export function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  // Errors of several attempts at one connection have a code and no message of their own.
  return String(error.message) || (errorCode(error) ?? 'unknown');
}
