import { pino, type Logger } from 'pino';
import { currentLogFields } from '../../jobs/log-fields.ts';
import { maskSecrets } from '../../config/known-secrets.ts';
import type { LogLevel } from '../../config/configuration.ts';
import { prettyLines, type LineLook } from './pretty-line.ts';

/** Where lines go: standard error, or a stand-in. */
export interface LogStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
}

/**
 * The log of the service: one JSON document per line, or lines for people on a terminal. Credentials never get this far (their
 * type prints as `***`); the names below are the net under that.
 */
export function createLogger(level: LogLevel, stream: LogStream, look: LineLook = 'plain'): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => ({ ...currentLogFields() }),
    formatters: { level: (label: string) => ({ level: label }) },
    // A secret in the text of an error is nobody's field. JSON escapes the other control characters; these a terminal obeys as well.
    hooks: { streamWrite: (line: string) => maskSecrets(line).replaceAll(/[\u007f-\u009f]/g, '\ufffd') },
    redact: {
      paths: [
        'password',
        'token',
        'secret',
        'authorization',
        '*.password',
        '*.token',
        '*.secret',
        '*.authorization',
      ],
      censor: '***',
    },
  };
  if (stream.isTTY !== true) return pino(options, stream);
  return pino(options, prettyLines(stream, look));
}
