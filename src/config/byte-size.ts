/** Bytes of each unit; `k` is 1000 in both spellings of the SI prefix. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['TiB', 1024 ** 4],
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['TB', 1000 ** 4],
  ['GB', 1000 ** 3],
  ['MB', 1000 ** 2],
  ['kB', 1000],
  ['KB', 1000],
  ['B', 1],
]);

/** Bytes of a size like `100MiB`, `1.5 GB` or `65536`; `undefined` for what is no size. */
export function parseByteSize(text: string): number | undefined {
  const { number, unit } = /^(?<number>\d{1,16}(?:\.\d{1,3})?) ?(?<unit>[A-Za-z]*)$/.exec(text)?.groups ?? {};
  const factor = unit === '' ? 1 : UNITS.get(unit ?? '?');
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Number(number) * factor;
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}

/** The size as it is written, in the largest binary unit that states it exactly, else in bytes. */
export function formatByteSize(bytes: number): string {
  const binary = Array.from(UNITS).find(
    ([unit, factor]) => unit.endsWith('iB') && bytes >= factor && bytes % factor === 0,
  );
  return binary === undefined ? `${bytes}B` : `${bytes / binary[1]}${binary[0]}`;
}
