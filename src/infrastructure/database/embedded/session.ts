import type { PGlite } from '@electric-sql/pglite';
import type { Logger } from '../../../domain/ports.ts';
import { databaseUnavailable, translateDatabaseError } from '../postgres/errors.ts';
import type { MigrationConnection, SqlConnection, SqlResult } from '../sql.ts';

/** The engine's one connection, without a queue. Errors are translated. */
export interface EmbeddedSession extends SqlConnection {
  /** Runs a script by the simple query protocol. @returns the command of its last statement. */
  execute(script: string): Promise<string>;
  /** Rows that statements have inserted, updated or deleted since the engine was opened. */
  readonly changedRows: number;
  /** Whether the engine has crashed. Every call fails until it is opened again. */
  readonly crashed: boolean;
}

export function createEmbeddedSession(engine: PGlite, logger?: Logger): EmbeddedSession {
  let crash: unknown;
  let changedRows = 0;
  async function guard<T>(call: () => Promise<T>): Promise<T> {
    if (crash !== undefined) throw databaseUnavailable(crash);
    try {
      return await call();
    } catch (error) {
      if (!isCrash(error)) throw translateDatabaseError(error);
      // The engine's memory is corrupt. Its files are consistent, as after a kill.
      crash = error;
      logger?.error('The embedded database has crashed; a restart of the service recovers it.', {
        error,
      });
      throw databaseUnavailable(error);
    }
  }
  return {
    get changedRows() {
      return changedRows;
    },
    get crashed() {
      return crash !== undefined;
    },
    query: <Row>(text: string, values: readonly unknown[] = []) =>
      guard(async (): Promise<SqlResult<Row>> => {
        const { rows, rowCount, affectedRows } = await engine.query<Row>(text, [...values]);
        changedRows += affectedRows ?? 0;
        return { rows, rowCount: rowCount ?? 0 };
      }),
    execute: (script) => guard(async () => (await engine.exec(script)).at(-1)?.command ?? ''),
  };
}

/** Closing the connection leaves the engine open. */
export function asMigrationConnection(
  session: EmbeddedSession,
  close: () => void = () => {},
): MigrationConnection {
  return {
    query: (text, values) => session.query(text, values),
    async execute(script) {
      await session.execute(script);
    },
    async close() {
      close();
    },
  };
}

/** Matches WebAssembly.RuntimeError by name, since TypeScript's library for Node.js does not declare it. */
function isCrash(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError';
}
