import type { FailureCode } from '../../oci/failure-code.ts';

/** An exchange that ended without a usable answer: sockets, time, certificates, a body that broke its own framing. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  /** `TOO_LARGE` has no name of its own outside: what it means depends on what was asked for. */
  readonly code:
    Extract<FailureCode, 'NETWORK' | 'TIMEOUT' | 'TLS' | 'MALFORMED_RESPONSE' | 'CANCELLED'> | 'TOO_LARGE';
  /** Node's or OpenSSL's code, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  readonly networkCode: string | undefined;

  constructor(code: TransportFailure['code'], message: string, networkCode?: string) {
    super(message);
    this.code = code;
    this.networkCode = networkCode;
  }
}

const TLS_CODES = /^(?:ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_SSL|HOSTNAME_MISMATCH|EPROTO)/;

/**
 * Names what broke. The original error is not kept: axios hangs the whole request with its Authorization header on it.
 */
export function toTransportFailure(error: unknown): TransportFailure {
  if (error instanceof TransportFailure) return error;
  const networkCode = codeOf(error);
  const message = messageOf(error);
  if (networkCode === undefined) return new TransportFailure('NETWORK', message);
  if (TLS_CODES.test(networkCode))
    return new TransportFailure('TLS', `${message} (${networkCode})`, networkCode);
  if (networkCode.startsWith('HPE_'))
    return new TransportFailure('MALFORMED_RESPONSE', `not an HTTP answer (${networkCode})`, networkCode);
  if (networkCode === 'ETIMEDOUT') return new TransportFailure('TIMEOUT', message, networkCode);
  return new TransportFailure(
    'NETWORK',
    message.includes(networkCode) ? message : `${message} (${networkCode})`,
    networkCode,
  );
}

function messageOf(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
  // An AggregateError (several addresses tried) has no words of its own.
  const [firstLine = ''] = text.split('\n', 1);
  return firstLine === '' ? 'no connection' : firstLine;
}

function codeOf(error: unknown): string | undefined {
  // Not `instanceof Error`: an error of Node's own modules may come from another realm.
  if (typeof error !== 'object' || error === null) return undefined;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // axios wraps Node's error and an AggregateError (several addresses tried) hides the codes one level below.
  const inner =
    own === undefined || own === 'ERR_BAD_RESPONSE' || own === 'ERR_NETWORK' ? innerCode(error) : undefined;
  return inner ?? own;
}

function innerCode(error: object): string | undefined {
  const candidates: unknown[] = ['cause' in error ? error.cause : undefined];
  if ('errors' in error && Array.isArray(error.errors)) candidates.push(...(error.errors as unknown[]));
  for (const candidate of candidates) {
    const code = codeOf(candidate);
    if (code !== undefined) return code;
  }
  return undefined;
}
