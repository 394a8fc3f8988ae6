/**
 * Why a dependency does not do its work, in part or at all: the closed list behind `reason` in `/health`, in the
 * metrics `…_failing` and in the log. The words are part of the interface; docs/reference/health.md explains each.
 */
export const DEPENDENCY_REASONS = {
  unreachable: 'Nothing accepts the connection, or it is closed at once.',
  unknown_host: 'The name has no address.',
  timeout: 'No response in time.',
  tls: 'The TLS handshake fails: an unknown authority, another name, a missing client certificate, or TLS on one side only.',
  protocol: 'The other side speaks another protocol: usually the port of another server.',
  authentication: 'The user, password, token or credentials are refused.',
  permission: 'The user lacks a right that the service needs.',
  connection_limit: 'The server takes no more connections.',
  loading: 'The server reads its data and takes no commands yet.',
  no_database: 'The database does not exist.',
  read_only: 'The server is a replica or read-only and rejects changes.',
  commits_unconfirmed: 'PostgreSQL does not confirm commits, so changes are rejected.',
  full: 'The memory, the disk or a limit of the store is used up.',
  cluster: 'The topology is another one than configured, or the cluster does not serve all keys.',
  no_jetstream: 'JetStream is off, on the server or for the account.',
  no_stream: 'The stream does not exist. The service creates it where its account may.',
  stream_conflict: 'The stream belongs to another use or cannot be set up as configured.',
  message_size: 'The server takes only messages that are smaller than those of the service.',
  error: 'Another failure; the log has the error.',
} as const;

export type DependencyReason = keyof typeof DEPENDENCY_REASONS;

/** A dependency cannot do its work. The message is for the log: it may name hosts, and holds no secret. */
export class DependencyFailure extends Error {
  override readonly name = 'DependencyFailure';
  readonly reason: DependencyReason;

  constructor(reason: DependencyReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The reason that the error, or one of its causes, carries; `error` without one. */
export function reasonOf(error: unknown): DependencyReason {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (current instanceof DependencyFailure) return current.reason;
    current = current.cause;
  }
  return 'error';
}

const MAX_CAUSES = 8;
