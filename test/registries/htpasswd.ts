/**
 * Passwords and their bcrypt hashes. Distribution takes bcrypt only and Node has none, so they were made once with
 * libxcrypt: `perl -e 'print crypt("first test password", q{$2b$04$abcdefghijklmnopqrstuu})'`. Cost 4 is the least
 * that bcrypt knows: the registry computes one hash per request.
 */
const hashes: ReadonlyMap<string, string> = new Map([
  ['first test password', '$2b$04$abcdefghijklmnopqrstuunISPQO8tm7A1DhzpsqjHWGmxAqBnfCe'],
  ['second test password', '$2b$04$zyxwvutsrqponmlkjihgfeUOZWzZwvCq2HxcMyYNNlx496rImA6Ma'],
]);

/** The two passwords that a registry of the harness can be given. */
export const FIRST_PASSWORD = 'first test password';
export const SECOND_PASSWORD = 'second test password';

/** One line of an htpasswd file. Throws for a password whose hash is not in the table above. */
export function htpasswdLine(username: string, password: string): string {
  const hash = hashes.get(password);
  if (hash === undefined) throw new Error('only FIRST_PASSWORD and SECOND_PASSWORD have a bcrypt hash');
  return `${username}:${hash}\n`;
}

/** The value of an Authorization header for Basic authentication (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
