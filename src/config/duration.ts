/** Seconds of each unit. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]);

const DURATION_PATTERN = /^(?:\d{1,6}[wdhms])+$/;

/** Seconds of a duration like `30s`, `10m` or `1h30m`; `0` needs no unit; `undefined` for what is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!DURATION_PATTERN.test(text)) return undefined;
  return Array.from(text.matchAll(/(\d+)([a-z])/g)).reduce(
    (total, [, count, unit]) => total + Number(count) * (UNITS.get(unit ?? '') ?? 0),
    0,
  );
}

/** The duration as it is written: `5400` is `1h30m`. */
export function formatDuration(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
