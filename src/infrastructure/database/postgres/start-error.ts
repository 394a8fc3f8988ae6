import { DomainError } from '../../../domain/errors.ts';
import { databaseRemedy } from './remedies.ts';
import { serverNotes } from './server-notes.ts';
import type { PostgresSettings } from './settings.ts';

/** The database cannot be used. The message names the address, the reason and the remedy. */
export class DatabaseStartError extends Error {
  override readonly name = 'DatabaseStartError';

  /** @param failure the error of the first connection; its text never contains the password. */
  constructor(settings: Pick<PostgresSettings, 'host' | 'port'>, failure: unknown) {
    const cause = failure instanceof DomainError ? failure.cause : failure;
    const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
    // When a host has several addresses and all refuse, Node.js reports an error without a message.
    const reason = typeof message === 'string' && message !== '' ? message : String(code);
    const notes = serverNotes(cause);
    const text = [`${reason}.`, notes, databaseRemedy({ code, message: reason })];
    const where = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
    super(
      `PostgreSQL at ${where}:${settings.port} cannot be used: ${text.filter(Boolean).join(' ')}`,
      { cause },
    );
  }
}
