/** One migration as the database records it. */
interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly compatibleFrom: number;
  /** RFC 3339 in UTC. */
  readonly appliedAt: string;
  /** True when the row was inserted afterwards, because another tool or `force` set the version. */
  readonly adopted: boolean;
  /** Set while a migration runs outside a transaction, and after it failed there. */
  readonly unfinished: 'up' | 'down' | null;
  /** The step that started last, counted from 1. */
  readonly step: number | null;
}

/** What the database records about its schema. */
export interface SchemaRecord {
  /** 0 before the first migration. */
  readonly version: number;
  readonly dirty: boolean;
  readonly history: readonly AppliedMigration[];
}
