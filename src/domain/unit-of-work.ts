import type { DomainEvent } from './events.ts';
import type { NewMail } from './mail.ts';
import type { SessionRepository } from './session/session-repository.ts';
import type { UserRepository } from './user/user-repository.ts';

/** Takes the events of one transaction; they exist if and only if it commits. */
export interface Outbox {
  append(events: readonly DomainEvent[]): Promise<void>;
}

/** Takes the mails of one transaction; they are sent if and only if it commits. */
export interface MailQueue {
  enqueue(mails: readonly NewMail[]): Promise<void>;
}

/** The repositories of one transaction. */
export interface Transaction {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly outbox: Outbox;
  readonly mail: MailQueue;
}

/** What the events of a transaction are traced back to. */
export interface UnitOfWorkContext {
  readonly requestId: string;
}

/** Runs work atomically. */
export interface UnitOfWork {
  /**
   * Commits when `work` returns, rolls back when it throws. Nothing may query outside the transaction meanwhile, and
   * no network call belongs inside: the embedded database has one connection, and locks are held.
   * @throws DomainError `unavailable` when the database is away, `outcome_unknown` when it went away during the commit.
   */
  run<T>(context: UnitOfWorkContext, work: (transaction: Transaction) => Promise<T>): Promise<T>;
}
