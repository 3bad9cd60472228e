/** What can be wrong with a notification; the codes are those of the whole API. */
const REFUSALS = {
  INVALID_REQUEST: { status: 400, title: 'The request cannot be understood' },
  UNAUTHENTICATED: { status: 401, title: 'Who sends this is not known' },
  NOT_FOUND: { status: 404, title: 'There is no such thing' },
  TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The form of the body is not understood' },
  TOO_MANY_REQUESTS: { status: 429, title: 'There are too many requests' },
} as const;

export type HookRefusalCode = keyof typeof REFUSALS;

/** A notification that is not taken; the message goes to the sender as it is. */
export class HookRefusal extends Error {
  override readonly name = 'HookRefusal';
  readonly code: HookRefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: HookRefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return REFUSALS[this.code].status;
  }

  /** RFC 9457. */
  get problem(): Readonly<Record<string, unknown>> {
    const { status, title } = REFUSALS[this.code];
    return { type: 'about:blank', title, status, code: this.code, detail: this.message };
  }
}
