import { isIP } from 'node:net';
import { isTlsAddress } from './list-kinds.ts';
import type { DerivedKey, Values } from './schema.ts';

/** Facts of the machine that derived values depend on. */
export interface Machine {
  /** Number of processors that this process may use. */
  readonly availableParallelism: number;
  /** True if standard output is a terminal. */
  readonly terminal: boolean;
}

/** Computes an unset value; `values` has all other keys, and the derived keys of earlier lines. */
type Derivation<K extends DerivedKey> = (values: Values, machine: Machine) => Values[K];

const REQUEST_DEADLINE_MS = 5_000;
/** Longer than load balancers usually take to notice that an instance is not ready. */
const SHUTDOWN_DELAY_MS = 3_000;

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function publicUrl(values: Values): string {
  const host = values['server.host'];
  const named = WILDCARDS.has(host) ? 'localhost' : host;
  const authority = isIP(named) === 6 ? `[${named}]` : named;
  return `http://${authority}:${values['server.port']}`;
}

/** The built-in page. */
function accountPage(values: Values, page: string): string {
  return `${values['server.public_url']}/account/${page}`;
}

function redisDriver(values: Values): Values['redis.driver'] {
  const addressed =
    values['redis.host'] !== undefined ||
    values['redis.sentinels'].length > 0 ||
    values['redis.cluster_nodes'].length > 0;
  return addressed ? 'redis' : 'memory';
}

/** The derivation of each derived key. A derivation reads derived keys of earlier lines only. */
export const derivations: { readonly [K in DerivedKey]: Derivation<K> } = {
  'server.public_url': publicUrl,
  'server.request_deadline': (values) =>
    Math.min(REQUEST_DEADLINE_MS, values['server.request_timeout']),
  'server.shutdown_delay': (values, machine) =>
    machine.terminal
      ? 0
      : Math.min(SHUTDOWN_DELAY_MS, Math.floor(values['server.shutdown_timeout'] / 4)),
  'links.invitation_url': (values) => accountPage(values, 'invitation'),
  'links.verify_email_url': (values) => accountPage(values, 'verify-email'),
  'links.reset_password_url': (values) => accountPage(values, 'reset-password'),
  'links.change_email_url': (values) => accountPage(values, 'confirm-email-change'),
  'links.undo_email_url': (values) => accountPage(values, 'undo-email-change'),
  'tokens.issuer': (values) => values['server.public_url'],
  'database.driver': (values) => (values['database.host'] === undefined ? 'embedded' : 'postgres'),
  'database.max_idle_conns': (values) => Math.min(5, values['database.max_open_conns']),
  'database.migrate_on_start': (values) => values['database.driver'] === 'embedded',
  'redis.driver': redisDriver,
  'nats.driver': (values) => (values['nats.servers'].length === 0 ? 'none' : 'nats'),
  'nats.tls': (values) => values['nats.servers'].some(isTlsAddress),
  'mail.driver': (values) => (values['mail.smtp.host'] === undefined ? 'file' : 'smtp'),
  'password.hashing_slots': (_, machine) => Math.max(1, machine.availableParallelism),
  'logging.format': (_, machine) => (machine.terminal ? 'pretty' : 'json'),
};
