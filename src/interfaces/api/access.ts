import type { Scope } from '../../domain/access/scope.ts';

/**
 * Who a route is for. The edge refuses anonymous callers of all but `public` routes; the finer check is the use
 * case's, and this declaration is what the documentation shows.
 */
export type Access =
  /** Anybody; credentials, if sent, are ignored. */
  | 'public'
  /** A signed-in user, about the own account. */
  | 'user'
  /** The user that the path names. */
  | 'self'
  | `self_or:${Scope}`
  | `user_or:${Scope}`
  /** A service with the scope. */
  | `scope:${Scope}`
  /** The control socket only. */
  | 'operator';
