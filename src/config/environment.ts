/** The variables of a process, as data: tests and commands pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The only reader of the process's environment; later changes to it are not seen. */
export function readEnvironment(): Environment {
  return { ...process.env };
}
