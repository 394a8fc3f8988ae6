import type { ConnectionOptions, PostgresServer } from '../test/support/postgres-server.ts';
import type { Measured, Spread } from './compare.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { People } from './people.ts';
import { masterKey, startService } from './service.ts';

/** The options of the command line. */
export interface Options {
  /** Duration of each slice. */
  readonly seconds: number;
  /** Slices of each side. */
  readonly rounds: number;
  readonly connections: number;
  /** Users that the requests of a load address in turn. */
  readonly people: number;
  /** Two minutes in all: shorter slices, less data, and without the slowest requests. */
  readonly quick: boolean;
  /** Letters of the measurements to run; all if empty. */
  readonly only: readonly string[];
  /** File for the report. */
  readonly output: string;
}

export interface Context {
  readonly options: Options;
  readonly postgres: PostgresServer;
  readonly database: ConnectionOptions;
  /** Registered in `database`. */
  readonly people: People;
  readonly generator: LoadGenerator;
  /** Reports the current step. */
  progress(text: string): void;
}

/** One row of the table: the service and its floor. */
export interface Row {
  readonly kind: 'row';
  readonly id: string;
  readonly title: string;
  readonly floorTitle: string;
  readonly service: Measured;
  readonly floor: Measured;
  /** Service to floor, of the slices of one round. */
  readonly ratio: Spread;
  /** Target: at least this ratio. */
  readonly target?: number;
}

/** A rate without a floor. */
export interface Single {
  readonly kind: 'single';
  readonly id: string;
  readonly title: string;
  readonly service: Measured;
  /** Target: at least this rate. */
  readonly target?: number;
  /** Target: at most this time of the processor for each response. */
  readonly maxCpuUs?: number;
}

/** A single figure. */
export interface Value {
  readonly kind: 'value';
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly unit: 'ms' | 'µs' | 'MB' | '/s' | '%';
  /** Target: at least this value for a rate or a share, at most this value for other units. */
  readonly target?: number;
}

/** The request of a route that takes the most CPU time. */
export interface Slowest {
  readonly kind: 'slowest';
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
  readonly kind: 'omitted';
  readonly id: string;
  readonly title: string;
  readonly reason: string;
}

export type Result = Row | Single | Value | Slowest | Omitted;

/** A new database with the schema and the people of `database`, and an empty outbox. */
export async function copyWithPeople(
  { postgres, database, people }: Context,
  name: string,
): Promise<{ readonly database: ConnectionOptions; readonly people: People }> {
  const service = await startService(onDatabase(database));
  await people.on(service);
  await service.stop();
  const copy = await postgres.createDatabase(name, database.database);
  await postgres.query('truncate outbox', name);
  return { database: copy, people: people.copy() };
}

/** Whether the command line selects this measurement. */
export function wants({ options }: Pick<Context, 'options'>, letter: string): boolean {
  return options.only.length === 0 || options.only.includes(letter);
}

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
