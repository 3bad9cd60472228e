/** Characters that mean something to a browser that takes JSON for HTML or a script. */
const RISKY = /[<>&\u2028\u2029]/g;

/** JSON without a character that could leave its text, whatever a browser takes the answer for. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    RISKY,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
