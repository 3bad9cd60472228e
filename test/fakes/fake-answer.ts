import { bufferContent, type FakeContent } from './fake-content.ts';

/** What goes back to the client. Header names are written as they go on the wire. */
export interface FakeAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string | readonly string[]>;
  readonly body: FakeContent;
  /** The body stops after this many bytes and the connection breaks; the headers promise all of it. */
  readonly cutAfterBytes?: number;
}

const nothing = bufferContent(Buffer.alloc(0));

export function answer(
  status: number,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  body: Buffer | string | FakeContent = nothing,
): FakeAnswer {
  const content = typeof body === 'string' || Buffer.isBuffer(body) ? bufferContent(Buffer.from(body)) : body;
  return { status, headers: new Map(Object.entries(headers)), body: content };
}

/** The value of a header, whatever its case; several values are joined as HTTP joins them. */
export function headerOf(from: FakeAnswer, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const found = [...from.headers].find(([key]) => key.toLowerCase() === wanted)?.[1];
  return typeof found === 'object' ? found.join(', ') : found;
}

/** The answer with a header set, whatever case it had before; `null` takes it away. */
export function withHeader(
  from: FakeAnswer,
  name: string,
  value: string | readonly string[] | null,
): FakeAnswer {
  const headers = new Map([...from.headers].filter(([key]) => key.toLowerCase() !== name.toLowerCase()));
  if (value !== null) headers.set(name, value);
  return { ...from, headers };
}

/** The answer with another body and the Content-Length that fits it. */
export function withBody(from: FakeAnswer, body: Buffer | string): FakeAnswer {
  const content = bufferContent(Buffer.from(body));
  const changed = { ...from, body: content };
  return headerOf(from, 'Content-Length') === undefined
    ? changed
    : withHeader(changed, 'Content-Length', String(content.sizeBytes));
}
