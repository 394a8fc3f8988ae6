import type { Msg, NatsConnection, SubscriptionOptions } from '@nats-io/transport-node';
import type { Logger } from '../../domain/ports.ts';
import { createOutageLog } from '../../lib/outage-log.ts';

/** Why a request was dropped: it named no reply subject, or one that is no inbox. */
export type DropReason = 'no_reply' | 'reply_not_inbox';

interface Deps {
  /** Whether a reply subject belongs to a caller's inbox. */
  readonly isInbox: (reply: string) => boolean;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
  readonly observeDropped?: ((reason: DropReason) => void) | undefined;
}

/** Requests without a drop for this long end a series of drops, in milliseconds. */
const QUIET_MS = 60_000;
/** Of the first token of a reply subject in the log. */
const MAX_LOGGED_CHARACTERS = 32;
/** How a reply can end after its prefix: tokens without wildcards. */
const INBOX_REST = /^[^\s.*>]+(\.[^\s.*>]+)*$/;
/** The tokens that continue `_INBOX` to an inbox prefix of one account. */
const ACCOUNT_INBOX = /^_INBOX_[A-Za-z0-9_-]+\./;
const DEFAULT_PREFIX = '_INBOX';

/**
 * Tells inboxes from other subjects: a reply is published with the rights of the service, so a caller must not choose
 * it freely. A prefix of `allowed` covers `<prefix>.…`; `_INBOX` covers `_INBOX_<name>.…` too. `own` is the inbox prefix
 * of the service itself, which is no caller's unless `allowed` names it.
 */
export function createInboxCheck(
  allowed: readonly string[],
  own: string,
): (reply: string) => boolean {
  const prefixes = allowed.map((prefix) => `${prefix}.`);
  const ownInbox = allowed.includes(own) ? null : `${own}.`;
  const anyAccount = allowed.includes(DEFAULT_PREFIX);
  return (reply) => {
    if (ownInbox !== null && reply.startsWith(ownInbox)) return false;
    const prefix =
      prefixes.find((candidate) => reply.startsWith(candidate)) ??
      (anyAccount ? ACCOUNT_INBOX.exec(reply)?.[0] : undefined);
    return prefix !== undefined && INBOX_REST.test(reply.slice(prefix.length));
  };
}

/**
 * Returns the connection with a check in front of every subscription: a message without an inbox to reply to reaches no
 * handler, neither an endpoint nor the library's discovery (`$SRV`). It is counted, and logged once per series.
 */
export function guardReplies(connection: NatsConnection, deps: Deps): NatsConnection {
  const drops = createOutageLog({
    onOutage: (first) =>
      deps.logger.warn(
        'dropped a NATS request whose reply subject is no inbox',
        first as Readonly<Record<string, unknown>>,
      ),
    onRecovery: (count) =>
      deps.logger.info('no NATS request was dropped for a minute', { dropped: count }),
    quietMs: QUIET_MS,
    nowMs: deps.monotonicMs,
  });

  function accepts(message: Msg, subscribed: string): boolean {
    const reply = message.reply ?? '';
    if (reply === '') {
      deps.observeDropped?.('no_reply');
      deps.logger.debug('ignored a request without a reply subject', { subject: subscribed });
      return false;
    }
    if (deps.isInbox(reply)) {
      drops.succeeded();
      return true;
    }
    deps.observeDropped?.('reply_not_inbox');
    drops.failed({ subject: subscribed, reply_prefix: firstToken(reply) });
    return false;
  }

  function subscribe(subject: string, options: SubscriptionOptions = {}) {
    const { callback } = options;
    if (callback === undefined) throw new Error('A guarded subscription needs a callback.');
    return connection.subscribe(subject, {
      ...options,
      callback: (error, message) => {
        if (error !== null || accepts(message, subject)) callback(error, message);
      },
    });
  }

  return new Proxy(connection, {
    get(target, key) {
      if (key === 'subscribe') return subscribe;
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Shows an operator which prefix to allow. The rest of the subject is the caller's text and is not logged. */
function firstToken(reply: string): string {
  const [token = ''] = reply.slice(0, MAX_LOGGED_CHARACTERS).split('.');
  return token.replace(/[^A-Za-z0-9_$-]/g, '?');
}
