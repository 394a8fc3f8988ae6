import type { ConnectionOptions, PostgresServer } from '../test/support/postgres-server.ts';
import type { Figures } from './measure.ts';
import { masterKey } from './service.ts';

/** What the command line asks for. */
export interface Options {
  /** Of each measurement, without warming up. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** Letters of the measurements to make; all when empty. */
  readonly only: readonly string[];
  /** Where the report goes. */
  readonly output: string;
}

/** What every measurement works with. */
export interface Context {
  readonly options: Options;
  readonly postgres: PostgresServer;
  readonly database: ConnectionOptions;
  /** Shows what is done at the moment. */
  progress(text: string): void;
}

/** One line of the table: what was measured, and what would be possible. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly floorTitle: string;
  readonly service: Figures;
  readonly floor: Figures;
  /** Least ratio that is aimed at. */
  readonly target?: number;
}

/** A single figure. */
export interface Value {
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | '/s';
  /** What is aimed at: at most, or at least where the unit is a rate. */
  readonly target?: number;
}

/** What was left out, and why. */
export interface Omitted {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
}

/** What a measurement brings. */
export type Result =
  | ({ readonly kind: 'row' } & Row)
  | ({ readonly kind: 'value' } & Value)
  | ({ readonly kind: 'omitted' } & Omitted);

/** The environment of a service on this database, with the same keys and issuer at every start. */
export function onDatabase(connection: ConnectionOptions): Record<string, string> {
  return {
    SECURITY_MASTER_KEY: masterKey,
    SERVER_PUBLIC_URL: 'http://bench.test',
    DATABASE_HOST: connection.host,
    DATABASE_PORT: String(connection.port),
    DATABASE_USER: connection.user,
    DATABASE_PASSWORD: connection.password,
    DATABASE_NAME: connection.database,
  };
}
