import { type PoolClient, Query, type QueryConfig, type QueryResult } from 'pg';

/** Prepared statements without values that are executed around a statement, by their names on the connection. */
export interface FrameNames {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** The parts of the driver that its type declarations lack. */
interface WireConnection {
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  bind(message: { readonly statement: string }): void;
  execute(message: { readonly portal?: string }): void;
  sync(): void;
}

interface DriverQuery {
  readonly portal: string;
  prepare(connection: WireConnection): void;
  handleCommandComplete(message: { readonly text: string }, connection: WireConnection): void;
}

const DriverQuery = Query as unknown as new (
  config: QueryConfig & { readonly queryMode: 'extended' },
  callback: (error: Error | null, result: QueryResult) => void,
) => DriverQuery & Query;

/**
 * A statement that is sent with others before and after it in one round trip. When one of them fails, the server skips
 * those that follow.
 */
export class FramedQuery extends DriverQuery {
  /** The rows of the statement. */
  readonly result: Promise<QueryResult>;
  readonly #frame: FrameNames;
  #completed = 0;
  /** What the server says that it did for the last command, in capitals. */
  lastCommand = '';

  constructor(config: QueryConfig, frame: FrameNames) {
    let settle: (error: Error | null, result: QueryResult) => void = () => {};
    const settled = new Promise<QueryResult>((resolve, reject) => {
      settle = (error, result) => (error === null ? resolve(result) : reject(error));
    });
    // Without values, the driver would use the simple protocol, in which each message commits by itself.
    super({ ...config, queryMode: 'extended' }, (error, result) => settle(error, result));
    this.result = settled;
    this.#frame = frame;
  }

  /** Whether the server has completed the statement itself. */
  get isCompleted(): boolean {
    return this.#completed > (this.#frame.before === undefined ? 0 : 1);
  }

  override prepare(connection: WireConnection): void {
    if (this.#frame.before !== undefined) execute(connection, this.#frame.before);
    super.prepare(connection);
  }

  /** The end of `prepare`: all messages before the one `sync` are skipped by the server after the first error. */
  _getRows(connection: WireConnection): void {
    connection.execute({ portal: this.portal });
    if (this.#frame.after !== undefined) execute(connection, this.#frame.after);
    connection.sync();
  }

  override handleCommandComplete(message: { readonly text: string }, connection: WireConnection) {
    const isBefore = this.#completed === 0 && this.#frame.before !== undefined;
    if (!isBefore && !this.isCompleted) super.handleCommandComplete(message, connection);
    this.#completed += 1;
    this.lastCommand = message.text;
  }
}

function execute(connection: WireConnection, statement: string): void {
  connection.bind({ statement });
  connection.execute({});
}

/** Whether this connection has prepared a statement under the name. */
export function isPrepared(client: PoolClient, name: string): boolean {
  const { connection } = client as unknown as { readonly connection: WireConnection };
  return connection.parsedStatements[name] !== undefined;
}
