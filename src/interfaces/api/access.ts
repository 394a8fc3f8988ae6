import type { Scope } from '../../domain/access/scope.ts';

/**
 * Who may call a route or an endpoint. The interface rejects anonymous callers unless the access begins with `public`; the use
 * case checks in detail. The documentation shows this declaration.
 */
export type Access =
  /** Every caller. Credentials are ignored. */
  | 'public'
  /** Every caller. A service key is checked when one is sent; other credentials are ignored. */
  | 'public_or_service'
  /** Every caller. The access token of a user names the caller; all other credentials are ignored. */
  | 'public_or_user'
  /** A signed-in user, for the user's own account. */
  | 'user'
  /** The user whose id is in the request. */
  | 'self'
  | `self_or:${Scope}`
  | `user_or:${Scope}`
  /** A service with the scope. */
  | `scope:${Scope}`
  /** Callers on the control socket. */
  | 'operator';

/** Whether a service key may be presented. */
export function allowsServices(access: Access): boolean {
  return access === 'public_or_service' || access.includes(':');
}
