import type { Scope } from '../../domain/access/scope.ts';

/** A user with a valid access token. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly userId: string;
  readonly sessionId: string;
}

/** Another service with a key of its own. */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly accountId: string;
  readonly scopes: readonly Scope[];
}

/** Who is asking. The operator sits at the machine, behind the permissions of the control socket. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | UserPrincipal
  | ServicePrincipal
  | { readonly kind: 'operator' };

/** One request's origin, handed to every use case. */
export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  /** The client's address as far as trusted proxies vouch for it. */
  readonly ip: string | null;
  readonly userAgent: string | null;
}
