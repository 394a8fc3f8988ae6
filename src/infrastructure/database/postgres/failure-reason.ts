import { DependencyFailure, type DependencyReason } from '../../../domain/dependency-failure.ts';
import { connectionReason } from '../../../lib/connection-reason.ts';
import { errorText } from '../../../lib/error-text.ts';

/** By SQLSTATE (PostgreSQL documentation, appendix A). */
const BY_STATE: Readonly<Record<string, DependencyReason>> = {
  '28000': 'authentication',
  '28P01': 'authentication',
  '3D000': 'no_database',
  '42501': 'permission',
  '25006': 'read_only',
  '53100': 'full',
  '53200': 'full',
  '53300': 'connection_limit',
  '57014': 'timeout',
  '57P03': 'loading',
};
/** Causes that are looked at. */
const MAX_CAUSES = 8;

/** Why PostgreSQL cannot be used, by the error of a connection or a statement and its causes. */
export function databaseFailure(error: unknown): DependencyFailure {
  return new DependencyFailure(databaseReason(error), errorText(error), { cause: error });
}

function databaseReason(error: unknown): DependencyReason {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    const { code } = current as { readonly code?: unknown };
    const reason = typeof code === 'string' ? BY_STATE[code] : undefined;
    if (reason !== undefined) return reason;
    if (/timeout/i.test(current.message)) return 'timeout';
    if (/does not support SSL/i.test(current.message)) return 'tls';
    current = current.cause;
  }
  return connectionReason(error) ?? 'unreachable';
}
