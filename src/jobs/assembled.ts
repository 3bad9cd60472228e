/** The names of a class's collaborators and what gives them. */
type Tokens<Parts> = Readonly<Record<keyof Parts & string, unknown>>;

/** A provider whose constructor takes its collaborators by name. */
export function assembled<Parts, Made>(
  provide: new (parts: Parts) => Made,
  tokens: Tokens<Parts>,
): { provide: new (parts: Parts) => Made; inject: never[]; useFactory: (...values: unknown[]) => Made } {
  const names = Object.keys(tokens);
  return {
    provide,
    inject: Object.values(tokens) as never[],
    useFactory: (...values) =>
      new provide(Object.fromEntries(names.map((name, index) => [name, values[index]])) as Parts),
  };
}
