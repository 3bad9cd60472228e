import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from '../../config/configuration.ts';

/** Where lines go: standard error, or a stand-in. */
export interface LogStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
}

/**
 * The log of the service: one JSON document per line, or lines for people on a terminal. Credentials never get this far (their
 * type prints as `***`); the names below are the net under that.
 */
export function createLogger(level: LogLevel, stream: LogStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
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
  return pino(
    options,
    pretty({ colorize: true, destination: stream, sync: true, translateTime: 'HH:MM:ss' }),
  );
}
