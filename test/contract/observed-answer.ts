import { type WireAnswer } from './wire-client.ts';

/** The parts of an answer that a step asserts. `null` says that the part is absent. */
export interface ExpectedAnswer {
  readonly status: number;
  /** `code` of every error in the JSON body. */
  readonly codes?: readonly string[];
  /** `message` of the first error. */
  readonly message?: string;
  /** Content-Type; `json` stands for the way in which the flavour writes it. */
  readonly type?: string | null;
  readonly length?: number | null;
  readonly digest?: string | null;
  /** Any other header, after `withoutTokens`. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly json?: unknown;
  /** The tags of a tag list, sorted: distribution 2.8 gives them in no order. */
  readonly tags?: readonly string[];
  readonly body?: Buffer;
  readonly text?: string;
  /** False where the registry breaks the connection before the end of its body. */
  readonly complete?: boolean;
}

/** What the parts of one answer are read with. */
export interface ObservedFrom {
  readonly answer: WireAnswer;
  readonly origin: string;
  readonly jsonType: string;
}

interface ErrorBody {
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
}

/** Those parts of an answer that `expected` names, for one `toEqual`. */
export function observe(from: ObservedFrom, expected: ExpectedAnswer): unknown {
  const { answer } = from;
  const parts: Record<keyof ExpectedAnswer, () => unknown> = {
    status: () => answer.status,
    codes: () => errorsOf(answer).map((error) => error.code),
    message: () => errorsOf(answer)[0]?.message,
    type: () => typeOf(from),
    length: () => numberOf(headerOf(from, 'content-length')),
    digest: () => headerOf(from, 'docker-content-digest'),
    headers: () =>
      Object.fromEntries(Object.keys(expected.headers ?? {}).map((name) => [name, headerOf(from, name)])),
    json: () => JSON.parse(answer.body.toString()) as unknown,
    tags: () => (JSON.parse(answer.body.toString()) as { tags: string[] }).tags.sort(),
    body: () => answer.body,
    text: () => answer.body.toString(),
    complete: () => answer.complete,
  };
  const asked = Object.keys(expected) as (keyof ExpectedAnswer)[];
  return Object.fromEntries(asked.map((part) => [part, parts[part]()]));
}

/** Headers that say when and where a registry runs, or that a test harness adds to tell its own process. */
const ignoredHeaders: ReadonlySet<string> = new Set(['date', 'x-test-registry', 'x-content-type-options']);

/** Everything of an answer but what two runs never share, for a comparison of two registries. */
export function portrait(answer: WireAnswer, origin: string): unknown {
  const headers = Object.entries(answer.headers)
    .filter(([name]) => !ignoredHeaders.has(name))
    .map(([name, value]) => [name, withoutTokens(String(value), origin)] as const);
  return {
    status: answer.status,
    headers: Object.fromEntries(headers),
    body: withoutTokens(withSortedTags(answer.body.toString()), origin),
    complete: answer.complete,
  };
}

/** A tag list with its tags sorted; any other text as it is. */
function withSortedTags(text: string): string {
  return text.replace(/(?<="tags":\[)[^\]]+/, (tags) => tags.split(',').sort().join(','));
}

function errorsOf(answer: WireAnswer): NonNullable<ErrorBody['errors']> {
  return (JSON.parse(answer.body.toString()) as ErrorBody).errors ?? [];
}

const numberOf = (value: string | null): number | null => (value === null ? null : Number(value));

function typeOf(from: ObservedFrom): string | null {
  const type = headerOf(from, 'content-type');
  return type === from.jsonType ? 'json' : type;
}

function headerOf({ answer, origin }: ObservedFrom, name: string): string | null {
  const value = answer.headers[name];
  return value === undefined ? null : withoutTokens(String(value), origin);
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** `text` with the registry's origin, upload ids and upload states replaced by `{origin}`, `{uuid}` and `{state}`. */
function withoutTokens(text: string, origin: string): string {
  return text
    .replaceAll(origin, '{origin}')
    .replaceAll(uuid, '{uuid}')
    .replaceAll(/_state=[^&>]+/g, '_state={state}');
}
