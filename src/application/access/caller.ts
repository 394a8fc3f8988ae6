import type { Scope } from '../../domain/access/scope.ts';
import type { RequestDeadline } from '../../domain/ports.ts';

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

/** Who sends a request. The operator uses the control socket, whose file permissions protect it. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | UserPrincipal
  | ServicePrincipal
  | { readonly kind: 'operator' };

/** Who sends a request and from where; every use case gets it. */
export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  /** The client's address, as the trusted proxies report it. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Absent over NATS, where requests only read. */
  readonly deadline?: RequestDeadline;
}
