import { chown, stat } from 'node:fs/promises';

/** As whom PostgreSQL runs where that is not this process's own user. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`: PostgreSQL refuses to run as root, and this one needs no account to be made for it. */
const NOBODY: Account = { uid: 65534, gid: 65534 };

/** The account to switch to, or `undefined` where PostgreSQL runs as this process does. Files that belong to a user keep them. */
export async function accountFor(clusterDirectory: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(clusterDirectory).catch(() => undefined);
  return owner === undefined || owner.uid === 0 ? NOBODY : { uid: owner.uid, gid: owner.gid };
}

/** Hands a file or directory to the account; without one it is already in the right hands. */
export async function giveTo(path: string, account: Account | undefined): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
}
