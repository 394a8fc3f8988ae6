import { DependencyFailure, type DependencyReason } from '../../domain/dependency-failure.ts';
import { connectionReason } from '../../lib/connection-reason.ts';
import { errorText } from '../../lib/error-text.ts';
import { PEER_NAMES, type Peer } from '../system/identify-peer.ts';
import type { RedisSettings } from './redis-client.ts';

/** By what the server or the client library says, and what an operator can do about it. The first match counts. */
const BY_TEXT: readonly (readonly [RegExp, DependencyReason, string?])[] = [
  [/\bWRONGPASS\b|\bNOAUTH\b|invalid password/, 'authentication'],
  [/\bNOPERM\b|no permissions to|can't run this command|can't access at least/, 'permission'],
  [/\bDENIED\b.*protected mode/, 'permission', 'Redis is in protected mode: give it a password.'],
  [/unknown command .?sentinel/i, 'cluster', 'The address is not that of a sentinel.'],
  [/unknown command/i, 'permission', 'The server lacks the command or has renamed it.'],
  [/max number of clients/, 'connection_limit'],
  [/\bLOADING\b|\bBUSY\b/, 'loading'],
  [/\bREADONLY\b/, 'read_only', 'The server is a replica: use the address of the primary.'],
  [/\bMASTERDOWN\b|\bNOREPLICAS\b/, 'read_only'],
  [/\bOOM\b/, 'full', 'Raise maxmemory, or set maxmemory-policy to allkeys-lru.'],
  [/\bMISCONF\b/, 'full', 'Redis cannot write its snapshots.'],
  [
    /DB index is out of range|invalid DB index/,
    'no_database',
    'redis.db is above the databases of the server.',
  ],
  [
    /SELECT is not allowed in cluster mode/,
    'no_database',
    'A cluster has database 0 only: set redis.db to 0.',
  ],
  [
    /\bMOVED\b|\bASK\b|\bCROSSSLOT\b/,
    'cluster',
    'The server is one of a cluster: set redis.cluster_nodes instead of redis.host.',
  ],
  [
    /cluster support disabled/,
    'cluster',
    'The server is not in a cluster: set redis.host instead of redis.cluster_nodes.',
  ],
  [/\bCLUSTERDOWN\b|cluster_state/, 'cluster', 'The cluster does not serve all of its slots.'],
  [/Unknown RESP type|Protocol error/, 'protocol'],
  [/timed out|did not respond/i, 'timeout'],
];

/** Causes and wrapped errors that are looked at. */
const MAX_DEPTH = 8;

/** Why Redis cannot be used, by the error of a connection or a command. The message holds no secret. */
export function redisFailure(error: unknown): DependencyFailure {
  if (error instanceof DependencyFailure) return error;
  const cause = innermost(error);
  const text = errorText(cause);
  const [, reason, advice] = BY_TEXT.find(([pattern]) => pattern.test(text)) ?? [];
  const isReply = cause instanceof Error && cause.name === 'ReplyError';
  const found = reason ?? connectionReason(cause) ?? (isReply ? 'error' : 'unreachable');
  return new DependencyFailure(found, advice === undefined ? text : `${text} (${advice})`, {
    cause: error,
  });
}

/** Failures behind which another server, or TLS on one side only, may stand: worth a look at what answers. */
export function isAmbiguous({ reason, message }: DependencyFailure): boolean {
  if (reason === 'unreachable') return !message.includes('ECONNREFUSED');
  return reason === 'timeout' || reason === 'protocol';
}

/** The failure in the light of what answers at the address. */
export function explainByPeer(
  failure: DependencyFailure,
  peer: Peer | null,
  { tls }: Pick<RedisSettings, 'tls'>,
): DependencyFailure {
  if (peer === null || peer.protocol === 'silent') return failure;
  const explain = (reason: DependencyReason, message: string) =>
    new DependencyFailure(reason, message, { cause: failure });
  if (peer.protocol === 'redis') {
    if (tls)
      return explain('tls', 'The server speaks no TLS on this port: set redis.tls to false.');
    return peer.line.startsWith('-') ? redisFailure(new Error(peer.line)) : failure;
  }
  if (peer.protocol === 'tls') {
    return tls ? failure : explain('tls', 'The server expects TLS: set redis.tls to true.');
  }
  return explain('protocol', `${PEER_NAMES[peer.protocol]} answers at this address, not Redis.`);
}

/** The error of a cluster's node or of a sentinel stands inside the one that the library reports. */
function innermost(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && current instanceof Error; depth += 1) {
    const inner = (current as { readonly lastNodeError?: unknown }).lastNodeError;
    if (!(inner instanceof Error)) break;
    current = inner;
  }
  return current;
}
