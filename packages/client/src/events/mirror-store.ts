/** A user as a copy keeps it: id, version, and the fields of the store. */
export interface UserRow {
  /** UUID in lower case. */
  readonly id: string;
  readonly version: number;
  readonly [field: string]: unknown;
}

/** What one step changes. The mirror has compared the versions: the store replaces rows whatever theirs is. */
export interface MirrorChange {
  /** Rows to insert, or to replace. */
  readonly rows: readonly UserRow[];
  /** Ids of deleted users; none of them is in `rows`. */
  readonly deleted: readonly string[];
  /** Where reading goes on; null to leave it as it is. */
  readonly position: string | null;
}

/** The copy, for one process at a time. Calls follow one another. */
export interface MirrorSession {
  /** @returns null before the first complete fill, and after `forgetPosition` */
  position(): Promise<string | null>;
  /** Lets the next start fill the copy again. The rows stay. */
  forgetPosition(): Promise<void>;
  /** The rows of these users that are there. */
  find(ids: readonly string[]): Promise<readonly UserRow[]>;
  /** Rows with a greater id, sorted by it. */
  list(after: string | null, limit: number): Promise<readonly UserRow[]>;
  /** Makes the whole change, or nothing of it. */
  apply(change: MirrorChange): Promise<void>;
  /**
   * Replaces all rows by those of the pages, whatever the versions are, and sets the position, at once: readers see the
   * old rows until then. When the pages or `position` throw, nothing changes.
   * @param position - called after the last page
   */
  replaceAll(pages: AsyncIterable<readonly UserRow[]>, position: () => string): Promise<void>;
  close(): Promise<void>;
}

/** Where a copy of users is kept. `pgStore` and `mapStore` create one. */
export interface MirrorStore {
  /** The fields of users that are kept besides id and version, such as `email`; `all` for whole users. */
  readonly fields: readonly string[] | 'all';
  /**
   * Waits until no other process has the copy.
   * @throws StoreUnavailable for failures that another attempt may not have
   */
  open(signal: AbortSignal): Promise<MirrorSession>;
}

/** The store cannot be used at the moment. The mirror opens it again after a pause. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The part of a user that the store keeps. */
export function toRow(
  user: Readonly<Record<string, unknown>>,
  fields: MirrorStore['fields'],
): UserRow {
  const { id, version } = user;
  if (typeof id !== 'string' || typeof version !== 'number') throw new TypeError('no user');
  if (fields === 'all') return { ...user, id, version };
  return { ...Object.fromEntries(fields.map((name) => [name, user[name] ?? null])), id, version };
}
