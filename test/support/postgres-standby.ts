import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { superuser } from './initdb.ts';
import { type ConnectionOptions, type PostgresServer, startOnFreePort } from './postgres-server.ts';
import { settingsFile } from './postgres-settings.ts';
import { createPostmaster } from './postmaster.ts';
import { sendSignal } from './processes.ts';
import { findServerBinary } from './server-binaries.ts';
import { runStatement } from './superuser.ts';
import { createTemporaryDirectory } from './temp-directory.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';

const run = promisify(execFile);

/** An asynchronous streaming standby. It replays until `cutOff`, and is the primary after `promote`. */
export interface PostgresStandby {
  /** For the database `postgres`. */
  readonly connectionOptions: ConnectionOptions;
  /** Waits until it has replayed everything that the primary has written. */
  readonly untilCaughtUp: () => Promise<void>;
  /** The primary sends it nothing more, and does not notice. */
  readonly cutOff: () => Promise<void>;
  readonly promote: () => Promise<void>;
  /** Ends the server and removes its files. */
  readonly stop: () => Promise<void>;
}

/** Starts a standby of a test server on a free port of 127.0.0.1. It ends with this process. */
export async function startStandby(primary: PostgresServer): Promise<PostgresStandby> {
  const user = findUnprivilegedUser();
  const directory = createTemporaryDirectory('pg', user);
  try {
    const data = join(directory.path, 'data');
    const { port: primaryPort, password } = primary.connectionOptions;
    await run(
      findServerBinary('pg_basebackup'),
      [
        ...['-h', primary.socketDirectory, '-p', String(primaryPort), '-U', superuser],
        ...['-D', data, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
      ],
      { ...user, cwd: directory.path, env: { PATH: process.env.PATH, PGPASSWORD: password } },
    );
    const postmaster = createPostmaster(directory.path);
    const port = await startOnFreePort(postmaster, (candidate) => {
      // The last value of a setting wins over those of the primary.
      const settings = { unix_socket_directories: directory.path, port: candidate };
      appendFileSync(join(data, 'postgresql.conf'), settingsFile(settings));
    });
    const connectionOptions = { ...primary.connectionOptions, port };
    const query = (sql: string) => runStatement(connectionOptions, sql);
    return {
      connectionOptions,
      async untilCaughtUp() {
        const [written] = await primary.query('select pg_current_wal_insert_lsn()::text as lsn');
        await eventually(
          async () => {
            const [row] = await query(
              `select pg_last_wal_replay_lsn() >= '${String(written?.lsn)}' as is_replayed`,
            );
            expect(row).toEqual({ is_replayed: true });
          },
          { timeoutMs: 20_000, what: 'a standby that has replayed everything' },
        );
      },
      async cutOff() {
        const senders = await primary.query('select pid from pg_stat_replication');
        expect(senders).toHaveLength(1);
        for (const { pid } of senders) sendSignal(Number(pid), 'SIGSTOP');
      },
      async promote() {
        expect(await query('select pg_promote() as is_promoted')).toEqual([{ is_promoted: true }]);
      },
      async stop() {
        await postmaster.end('immediate');
        await directory.remove();
      },
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}
