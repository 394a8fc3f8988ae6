import type { ConnectionOptions, PostgresServer } from '../test/support/postgres-server.ts';
import type { Figures } from './measure.ts';
import { masterKey } from './service.ts';

/** The options of the command line. */
export interface Options {
  /** Duration of each measurement, without the warm-up. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** Letters of the measurements to run; all if empty. */
  readonly only: readonly string[];
  /** File for the report. */
  readonly output: string;
}

export interface Context {
  readonly options: Options;
  readonly postgres: PostgresServer;
  readonly database: ConnectionOptions;
  /** Reports the current step. */
  progress(text: string): void;
}

/** One row of the table: the service and its floor. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly floorTitle: string;
  readonly service: Figures;
  readonly floor: Figures;
  /** Target: at least this ratio. */
  readonly target?: number;
}

/** A single figure. */
export interface Value {
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | '/s';
  /** Target: at least this value for a rate, at most this value for other units. */
  readonly target?: number;
}

/** The request of a route that takes the most CPU time. */
export interface Slowest {
  readonly id: string;
  /** The route. */
  readonly title: string;
  /** How many requests were tried. */
  readonly requests: number;
  readonly request: string;
  readonly status: number;
  /** CPU time of this request, and of one with an empty object or no body. */
  readonly ms: number;
  readonly plainMs: number;
  readonly targetMs: number;
}

/** A measurement that was not run, and why. */
export interface Omitted {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
}

export type Result =
  | ({ readonly kind: 'row' } & Row)
  | ({ readonly kind: 'value' } & Value)
  | ({ readonly kind: 'slowest' } & Slowest)
  | ({ readonly kind: 'omitted' } & Omitted);

/** The environment of a service on this database. Key and issuer are the same at every start. */
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
