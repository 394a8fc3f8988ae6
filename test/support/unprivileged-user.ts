import { readFileSync } from 'node:fs';

/** User and group that a child process runs as; spreads into the options of `spawn`. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** Tried in this order: PostgreSQL's package makes the first, every Linux has the second. */
const candidates = ['postgres', 'nobody'];

/**
 * Whom to run servers as that refuse to run as root (PostgreSQL, PgBouncer): `undefined` when this
 * process is not root and can run them as itself. Throws when it is root and no such user exists.
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
