import type { Environment } from '../config/environment.ts';
import type { Clock } from '../time/clock.ts';
import { LineProgress } from './line-progress.ts';
import { LiveProgress } from './live-progress.ts';
import type { Progress, ProgressStream } from './progress.ts';

/** Live bars for a terminal that can redraw a line, lines of JSON for everything else. */
export function chooseProgress(stream: ProgressStream, clock: Clock, environment: Environment): Progress {
  return stream.isTTY === true && environment.TERM !== 'dumb'
    ? new LiveProgress(stream, clock)
    : new LineProgress(stream, clock);
}
