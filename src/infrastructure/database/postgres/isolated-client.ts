import { Client, type ClientConfig } from 'pg';
import { offersTls } from './offers-tls.ts';

export interface IsolatedClientConfig extends ClientConfig {
  /** Encrypts if the server offers it, as libpq's `sslmode=prefer`. False by default: `ssl` decides. */
  readonly preferTls?: boolean;
  /** Ends a log-in that is not bound to the TLS connection. */
  readonly requireChannelBinding?: boolean;
}

/** The parts of a client that the driver's type declarations lack. */
interface DriverState {
  readonly connectionParameters: { options?: string | undefined; replication?: string | undefined };
  readonly connection: NodeJS.EventEmitter & {
    ssl: unknown;
    readonly stream: { readonly destroyed: boolean; destroy(): void };
  };
  replication?: string | undefined;
  ssl: unknown;
}

type ConnectCallback = ((error: Error) => void) & ((error: null, client: Client) => void);

const BOUND_MECHANISM = 'SCRAM-SHA-256-PLUS';

/**
 * A client that takes nothing from the environment. For an option that is unset or empty, node-postgres reads a `PG…`
 * variable: `PGOPTIONS` would choose the schema that is migrated. `addressConfig` sets every other option.
 */
export class IsolatedClient extends Client {
  readonly #config: IsolatedClientConfig;

  constructor(config: IsolatedClientConfig = {}) {
    super(config);
    this.#config = config;
    // The driver sends these at the start of the connection, so they can still be replaced.
    const state = this.#state();
    state.connectionParameters.options = config.options;
    state.connectionParameters.replication = undefined;
    state.replication = undefined;
    // When the driver itself gives up a log-in, for example without a password, it would leave the socket open.
    const { connection } = state;
    connection.on('error', () => connection.stream.destroy());
    if (config.requireChannelBinding === true) requireBinding(connection);
  }

  override connect(): Promise<Client>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<Client> | undefined {
    if (this.#config.preferTls !== true) {
      if (callback === undefined) return super.connect();
      super.connect(callback);
      return undefined;
    }
    const connected = this.#dropTlsUnlessOffered().then(() => super.connect());
    if (callback === undefined) return connected;
    connected.then((client) => callback(null, client), callback as (error: Error) => void);
    return undefined;
  }

  async #dropTlsUnlessOffered(): Promise<void> {
    const { connectionTimeoutMillis = 0 } = this.#config;
    const { host, port } = this;
    const offered = await offersTls({ host, port, timeoutMs: connectionTimeoutMillis });
    const state = this.#state();
    // The pool destroys it when the caller no longer waits.
    if (state.connection.stream.destroyed) throw new Error('the connection was abandoned');
    if (offered) return;
    state.ssl = false;
    state.connection.ssl = false;
  }

  #state(): DriverState {
    return this as unknown as DriverState;
  }
}

/** libpq's `channel_binding=require`: every other way to log in, and none at all, ends the connection. */
function requireBinding(connection: DriverState['connection']): void {
  let bound = false;
  const refuse = (): void => {
    const text = `the server does not offer ${BOUND_MECHANISM}, which database.channel_binding requires`;
    connection.emit('error', new Error(text));
  };
  connection.on('authenticationCleartextPassword', refuse);
  connection.on('authenticationMD5Password', refuse);
  connection.on('authenticationSASL', ({ mechanisms }: { mechanisms: readonly string[] }) => {
    bound = mechanisms.includes(BOUND_MECHANISM);
    if (!bound) refuse();
  });
  connection.on('authenticationOk', () => {
    if (!bound) refuse();
  });
}
