/** Characters that JSON allows raw and a terminal still acts on: DEL, C1 (`\u009b` starts an escape), format characters. */
const RAW_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON of a value that may be shown on a terminal: one line, nothing lost, no character a terminal acts on. */
export function safeJsonLine(value: unknown): string {
  return escapeRaw(JSON.stringify(value));
}

/** As {@link safeJsonLine}, indented for a reader. */
export function safeJsonDocument(value: unknown): string {
  return escapeRaw(JSON.stringify(value, null, 2));
}

function escapeRaw(json: string): string {
  return json.replace(RAW_IN_JSON, (character) =>
    // Code units, not code points: JSON writes a character beyond U+FFFF as a pair.
    Array.from({ length: character.length }, (_, index) => escapeUnit(character.charCodeAt(index))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
