import type { Scope } from '../../domain/access/scope.ts';
import { forbidden, unauthenticated, userNotFound } from '../../domain/rejections.ts';
import type { Caller, UserPrincipal } from './caller.ts';

/** @throws DomainError `forbidden` for anybody but the operator */
export function requireOperator({ principal }: Caller): void {
  if (principal.kind === 'operator') return;
  throw forbidden('This is for the operator only.');
}

/**
 * Demands a service with the scope, or the operator.
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
 * Demands the user in person, a service with the scope, or the operator. Another user learns nothing: the refusal is
 * that of a user who does not exist.
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
 * Demands any user, a service with the scope, or the operator.
 * @throws DomainError `unauthenticated` or `forbidden`
 */
export function requireUserOrScope(caller: Caller, scope: Scope): void {
  if (caller.principal.kind !== 'user') requireScope(caller, scope);
}

/**
 * Demands a signed-in user; a service has no sessions and no self.
 * @throws DomainError `unauthenticated` or `forbidden`
 */
export function requireUser(caller: Caller): UserPrincipal {
  const { principal } = caller;
  if (principal.kind === 'user') return principal;
  if (principal.kind === 'anonymous') throw unauthenticated();
  throw forbidden('This is for signed-in users only.');
}

/**
 * Demands that a user acts on the own account.
 * @throws DomainError `unauthenticated`, `forbidden` or `user_not_found`
 */
export function requireSelf(caller: Caller, userId: string): UserPrincipal {
  const user = requireUser(caller);
  if (user.userId !== userId) throw userNotFound();
  return user;
}
