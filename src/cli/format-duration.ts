/** A duration for a reader: `0.4 s`, `12.3 s`, `3 min 12 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  // 59.95 and not 60: what would be rounded to "60.0 s" is "1 min 0 s".
  if (seconds < 59.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds between two ISO 8601 times; 0 where one of them is none. */
export function secondsBetween(startedAt: string, finishedAt: string): number {
  const milliseconds = Date.parse(finishedAt) - Date.parse(startedAt);
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds / 1000) : 0;
}
