import type { Scope } from '../../domain/access/scope.ts';
import { forbidden, unauthenticated, userNotFound } from '../../domain/rejections.ts';
import type { Caller, UserPrincipal } from './caller.ts';

/** @throws DomainError `forbidden` unless the caller is the operator */
export function requireOperator({ principal }: Caller): void {
  if (principal.kind === 'operator') return;
  throw forbidden('This is for the operator only.');
}

/**
 * Requires a service with the scope, or the operator.
 * @throws DomainError `unauthenticated` or `forbidden`
 */
export function requireScope(caller: Caller, scope: Scope): void {
  const { principal } = caller;
  if (principal.kind === 'operator') return;
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (principal.kind === 'service' && principal.scopes.includes(scope)) return;
  throw forbidden(`This needs a service key with the scope ${scope}.`);
}

/**
 * Requires the user, a service with the scope, or the operator. Another user gets the rejection of an unknown user, and
 * so cannot learn that this user exists.
 * @throws DomainError `unauthenticated`, `forbidden` or `user_not_found`
 */
export function requireSelfOrScope(caller: Caller, userId: string, scope: Scope): void {
  if (caller.principal.kind !== 'user') {
    requireScope(caller, scope);
  } else if (caller.principal.userId !== userId) {
    throw userNotFound();
  }
}

/**
 * Requires any user, a service with the scope, or the operator.
 * @throws DomainError `unauthenticated` or `forbidden`
 */
export function requireUserOrScope(caller: Caller, scope: Scope): void {
  if (caller.principal.kind !== 'user') requireScope(caller, scope);
}

/**
 * Requires a signed-in user; a service has no account and no sessions.
 * @throws DomainError `unauthenticated` or `forbidden`
 */
export function requireUser(caller: Caller): UserPrincipal {
  const { principal } = caller;
  if (principal.kind === 'user') return principal;
  if (principal.kind === 'anonymous') throw unauthenticated();
  throw forbidden('This is for signed-in users only.');
}

/**
 * Requires that the caller is this user.
 * @throws DomainError `unauthenticated`, `forbidden` or `user_not_found`
 */
export function requireSelf(caller: Caller, userId: string): UserPrincipal {
  const user = requireUser(caller);
  if (user.userId !== userId) throw userNotFound();
  return user;
}
