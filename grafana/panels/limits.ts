import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';

/** From which number on something deserves a look, and from which it is wrong. */
export interface Limits {
  readonly look?: number;
  readonly wrong?: number;
}

/** The names of Grafana's palette; a name has a shade for the light and one for the dark theme. */
export type Color = 'green' | 'yellow' | 'orange' | 'red' | 'blue' | 'purple' | 'text';

/** Good below the limits. Without limits a number is neither good nor bad. */
export function thresholdsOf({ look, wrong }: Limits): ThresholdsConfigBuilder {
  const isJudged = look !== undefined || wrong !== undefined;
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: isJudged ? 'green' : 'text' },
      ...(look === undefined ? [] : [{ value: look, color: 'orange' }]),
      ...(wrong === undefined ? [] : [{ value: wrong, color: 'red' }]),
    ]);
}

/** Good from the limit on. */
export function atLeast(good: number): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'red' },
    { value: good, color: 'green' },
  ]);
}
