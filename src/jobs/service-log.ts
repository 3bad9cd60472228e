/** What a line of the log carries besides its text; never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The port through which the service says what it does; returns at once and does not throw. */
export abstract class ServiceLog {
  abstract debug(fields: LogFields, message: string): void;
  abstract info(fields: LogFields, message: string): void;
  abstract warn(fields: LogFields, message: string): void;
  abstract error(fields: LogFields, message: string): void;
}

/** What an error says, for a line of the log. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { error: error.message, ...code };
}
