import {
  MappingType,
  SpecialValueMatch,
  type ValueMapping,
  type ValueMappingResult,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Color } from './limits.ts';

/** The numbers of `CONDITION` in words. */
export const CONDITION_WORDS: readonly ValueMapping[] = [
  words([
    ['0', 'in sync', 'green'],
    ['1', 'behind', 'orange'],
    ['2', 'over the objective', 'red'],
    ['3', 'no success yet', 'blue'],
  ]),
  nothing('not known'),
];

/** The outcome of a cycle or a repository. */
export const OUTCOME_WORDS: readonly ValueMapping[] = [
  words([
    ['in-sync', 'in sync', 'green'],
    ['differences', 'differences', 'orange'],
    ['held', 'held', 'purple'],
    ['partial', 'partial', 'orange'],
    ['failed', 'failed', 'red'],
  ]),
];

export const SEVERITY_WORDS: readonly ValueMapping[] = [
  words([
    ['critical', 'critical', 'red'],
    ['warning', 'warning', 'orange'],
    ['info', 'info', 'blue'],
  ]),
];

export const YES_OR_NO: readonly ValueMapping[] = [
  words([
    ['0', 'no', 'red'],
    ['1', 'yes', 'green'],
  ]),
];

function words(entries: readonly (readonly [value: string, text: string, color: Color])[]): ValueMapping {
  const options = entries.map(([value, text, color], index): [string, ValueMappingResult] => [
    value,
    { text, color, index },
  ]);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

function nothing(text: string): ValueMapping {
  const result = { text, color: 'text', index: 9 };
  return { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.NullAndNan, result } };
}
