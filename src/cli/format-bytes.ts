const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Where a number gets a second digit before the point, one behind it still fits four characters; from here on it does not. */
const WITHOUT_DECIMALS = 99.95;

/** A number of bytes in binary units, as the configuration writes them: `0 B`, `1.5 KiB`, `120 MiB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 1023.5 and not 1024: what would be rounded to "1024 KiB" is "1.0 MiB".
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= WITHOUT_DECIMALS ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`;
}

/** A rate in binary units per second. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}
