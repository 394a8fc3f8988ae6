import { JetStreamApiError } from '@nats-io/jetstream';
import { DependencyFailure, type DependencyReason } from '../../domain/dependency-failure.ts';
import { connectionReason } from '../../lib/connection-reason.ts';
import { errorText } from '../../lib/error-text.ts';

/** By the code of the JetStream API (nats-server, errors.json). */
const BY_API_CODE: Readonly<Record<number, DependencyReason>> = {
  10002: 'full', // resource limits exceeded for the account
  10005: 'cluster', // no suitable peers for placement
  10008: 'cluster', // the JetStream system is temporarily unavailable
  10009: 'cluster', // no responders among the peers
  10023: 'full', // insufficient resources
  10026: 'full', // maximum number of streams reached
  10028: 'full', // insufficient memory resources
  10039: 'no_jetstream', // not enabled for the account
  10047: 'full', // insufficient storage resources
  10059: 'no_stream',
  10076: 'no_jetstream', // not enabled
  10077: 'full', // the stream could not store the message
};

const BY_NAME: Readonly<Record<string, DependencyReason>> = {
  AuthorizationError: 'authentication',
  UserAuthenticationExpiredError: 'authentication',
  PermissionViolationError: 'permission',
  JetStreamNotEnabled: 'no_jetstream',
  NoResponders: 'no_jetstream',
};

const BY_TEXT: readonly (readonly [RegExp, DependencyReason])[] = [
  [
    /authorization violation|authentication (?:expired|timeout)|account .*expired/i,
    'authentication',
  ],
  [/permissions violation/i, 'permission'],
  [/maximum (?:account )?(?:active )?connections exceeded/i, 'connection_limit'],
  [/attempted to connect to \w+ ?(?:node)? port|unexpected response from server/i, 'protocol'],
  [/does not support 'tls'|tls.*(?:required|not available)|secure connection/i, 'tls'],
  [/no space left|insufficient (?:storage|resources|memory)|maximum bytes exceeded/i, 'full'],
];

/** Causes that are looked at, from the outside to the inside. */
const MAX_CAUSES = 8;

/** Why NATS or its stream cannot be used, by an error and its causes. The message holds no secret. */
export function natsFailure(error: unknown): DependencyFailure {
  if (error instanceof DependencyFailure) return error;
  return new DependencyFailure(natsReason(error), errorText(error), { cause: error });
}

function natsReason(error: unknown): DependencyReason {
  const errors: Error[] = [];
  let current = error;
  while (current instanceof Error && errors.length < MAX_CAUSES) {
    errors.push(current);
    current = current.cause;
  }
  const isConflict = errors.some(({ name }) => name === 'StreamConflict');
  // A missing right is what an operator can mend, also where it shows as a stream that cannot be set up.
  const reasons = errors.map(reasonOfOne).filter((reason) => reason !== null);
  if (reasons.includes('permission')) return 'permission';
  if (isConflict) return 'stream_conflict';
  return reasons.at(-1) ?? connectionReason(error) ?? (isTimeout(errors) ? 'timeout' : 'error');
}

function reasonOfOne(error: Error): DependencyReason | null {
  if (error instanceof DependencyFailure) return error.reason;
  if (error instanceof JetStreamApiError && BY_API_CODE[error.code] !== undefined) {
    return BY_API_CODE[error.code] ?? null;
  }
  const byText = BY_TEXT.find(([pattern]) => pattern.test(error.message));
  return BY_NAME[error.name] ?? byText?.[1] ?? null;
}

function isTimeout(errors: readonly Error[]): boolean {
  return errors.some(({ name, message }) => name === 'TimeoutError' || message === 'timeout');
}
