import type { Answer, Exchange } from './lying-proxy.ts';
import type { Stage } from './stage.ts';

/** Which requests a trick is about. */
export type Target = (exchange: Pick<Exchange, 'method' | 'path'>) => boolean;

/** What becomes of them. */
export type Reaction = (exchange: Exchange, stage: Stage) => Promise<Answer | 'silence'>;

/** One thing that a registry, or something in front of it, does wrong. */
export interface Trick {
  readonly on: Target;
  readonly react: Reaction;
  /** The first matching request that it happens to, from 1; default 1. */
  readonly from?: number;
  /** To how many; default all that follow. */
  readonly times?: number;
  /** In which cycle, from 1; default in each. */
  readonly cycle?: number;
}

export const tagList: Target = ({ path }) => path.includes('/tags/list');

/** HEAD and GET of a tag, or of any. */
export const lookUp =
  (...tags: readonly string[]): Target =>
  ({ method, path }) =>
    (method === 'HEAD' || method === 'GET') &&
    path.includes('/manifests/') &&
    (tags.length === 0 || tags.some((tag) => path.endsWith(`/manifests/${tag}`)));

export const headOf =
  (tag: string): Target =>
  (exchange) =>
    exchange.method === 'HEAD' && lookUp(tag)(exchange);

export const getOf =
  (tag: string): Target =>
  (exchange) =>
    exchange.method === 'GET' && lookUp(tag)(exchange);

/** A delete by the name of a tag, or of any. */
export const deletion =
  (...tags: readonly string[]): Target =>
  ({ method, path }) =>
    method === 'DELETE' &&
    !path.includes('/manifests/sha256:') &&
    (tags.length === 0 || tags.some((tag) => path.endsWith(`/manifests/${tag}`)));

export const digestDeletion: Target = ({ method, path }) =>
  method === 'DELETE' && path.includes('/manifests/sha256:');

export const putOf =
  (tag: string): Target =>
  ({ method, path }) =>
    method === 'PUT' && path.endsWith(`/manifests/${tag}`);

export const everything: Target = () => true;

/** Everything but the question whether a registry is there. */
export const content: Target = ({ path }) => path !== '/v2/';

/** An error as a registry writes it. */
export const error =
  (status: number, code: string, message = 'forged for a test'): Reaction =>
  () =>
    Promise.resolve(json(status, { errors: [{ code, message }] }));

/** JSON that is no error. */
export const body =
  (value: unknown, status = 200): Reaction =>
  () =>
    Promise.resolve(json(status, value));

export const html =
  (status = 200): Reaction =>
  () =>
    Promise.resolve(text(status, 'text/html', '<html><body>please log in</body></html>'));

/** A status with no body. */
export const bare =
  (status: number): Reaction =>
  () =>
    Promise.resolve({ status, headers: { 'content-length': '0' }, body: Buffer.alloc(0) });

export const plain =
  (status: number, words: string): Reaction =>
  () =>
    Promise.resolve(text(status, 'text/plain', words));

export const silence: Reaction = () => Promise.resolve('silence');

export const redirect =
  (to: string): Reaction =>
  () =>
    Promise.resolve({ status: 307, headers: { location: to, 'content-length': '0' }, body: Buffer.alloc(0) });

/** The registry's own list of tags, changed. */
export const listed =
  (change: (tags: readonly string[]) => unknown): Reaction =>
  async (exchange) => {
    const answer = await exchange.ask();
    const { name, tags } = JSON.parse(answer.body.toString()) as { name: string; tags: string[] | null };
    return json(200, { name, tags: change(tags ?? []) });
  };

/** The registry's own answer, cut off: with its length announced, or without. */
export const cut =
  (framing: 'announced' | 'unannounced'): Reaction =>
  async (exchange) => {
    const answer = await exchange.ask();
    const half = Math.floor(answer.body.length / 2);
    if (framing === 'announced') return { ...answer, cutAfter: half };
    const { 'content-length': _length, ...headers } = answer.headers;
    return { ...answer, headers: { ...headers, connection: 'close' }, body: answer.body.subarray(0, half) };
  };

/** A list with a next page at `path`. */
export const paged =
  (tags: readonly string[], path: string): Reaction =>
  async (exchange) => {
    const answer = json(200, { name: nameIn(exchange.path), tags });
    return await Promise.resolve({
      ...answer,
      headers: { ...answer.headers, link: `<${path}>; rel="next"` },
    });
  };

/** The answer of another repository of the same registry, under the name of this one. */
export const answersOf =
  (repository: (stage: Stage) => string): Reaction =>
  async (exchange, stage) => {
    const other = repository(stage);
    const answer = await exchange.ask({ path: exchange.path.replace(stage.repository, other) });
    return { ...answer, headers: withoutLength(answer), body: renamed(answer.body, other, stage.repository) };
  };

/** The answer of another registry. */
export const answersFrom =
  (url: (stage: Stage) => string): Reaction =>
  (exchange, stage) =>
    exchange.ask({ url: url(stage) });

/** Something happens, and then the registry answers. */
export const first =
  (act: (stage: Stage) => Promise<unknown>): Reaction =>
  async (exchange, stage) => {
    await act(stage);
    return await exchange.ask();
  };

/** The registry does what it was asked to, and then something else is said. */
export const doneBut =
  (say: Reaction): Reaction =>
  async (exchange, stage) => {
    await exchange.ask();
    return await say(exchange, stage);
  };

/** The registry is asked for something else. */
export const instead =
  (change: (stage: Stage, path: string) => { readonly path?: string; readonly method?: string }): Reaction =>
  (exchange, stage) =>
    exchange.ask(change(stage, exchange.path));

function nameIn(path: string): string {
  return /^\/v2\/(.*)\/tags\/list/.exec(path)?.[1] ?? '';
}

function json(status: number, value: unknown): Answer {
  return text(status, 'application/json', JSON.stringify(value));
}

function text(status: number, type: string, words: string): Answer {
  const bytes = Buffer.from(words);
  return {
    status,
    headers: { 'content-type': type, 'content-length': String(bytes.length) },
    body: bytes,
  };
}

function withoutLength({ headers }: Answer): Answer['headers'] {
  const { 'content-length': _length, ...rest } = headers;
  return rest;
}

function renamed(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(JSON.stringify(from), JSON.stringify(to)), 'latin1');
}
