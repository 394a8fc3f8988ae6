/** What the operator can look at; a public word. */
export const REPORTS = [
  'database-activity',
  'database-connections',
  'database-sizes',
  'replication-slots',
  'outbox-state',
  'recent-events',
  'waiting-mail',
] as const;
export type Report = (typeof REPORTS)[number];

/** Cells by column, in the order of the columns; null for a cell without a value. */
export type ReportRow = Readonly<Record<string, string | number | null>>;

/** The state of the database and of the queues in it, for the person on call. */
export interface Diagnostics {
  /** At most 100 rows. */
  read(report: Report): Promise<readonly ReportRow[]>;
  /** The events that one request caused, at most 200. */
  listEventsOfRequest(requestId: string): Promise<readonly ReportRow[]>;
  /** @returns false when there is no such connection to this database, or the role may not end it */
  endConnection(pid: number): Promise<boolean>;
  /** Makes mail due that waits for its next attempt. @returns how many */
  retryMail(): Promise<number>;
}
