import { readFileSync } from 'node:fs';

/** User and group of a child process, in the format of the options of `spawn`. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Tried in this order. PostgreSQL's package creates the first; every Linux has the second. */
const candidates = ['postgres', 'nobody'];

/**
 * The user for servers that refuse to run as root (PostgreSQL, PgBouncer).
 * @returns undefined when this process is not root, so that servers can run as its own user.
 * @throws Error when this process is root and none of the users exists.
 */
export function findUnprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of candidates) {
    const [, , uid, gid] = accounts.find(([account]) => account === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and no user of ${candidates.join(', ')} exists to run it as`,
  );
}
