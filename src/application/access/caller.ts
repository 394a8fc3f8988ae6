import type { Scope } from '../../domain/access/scope.ts';
import type { IdempotentRequest } from '../../domain/idempotency/idempotent-request.ts';
import type { RequestDeadline } from '../../domain/ports.ts';

/** A user with a valid access token. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly userId: string;
  readonly sessionId: string;
  /**
   * When the user proved a password, in seconds since the epoch. Absent for a token of an older build, which is never
   * fresh.
   */
  readonly authenticatedAt?: number;
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

/** What a client may still send under one policy. */
export interface Quota {
  /** The public name of the policy. */
  readonly name: string;
  /** Requests that the policy allows in its window. */
  readonly limit: number;
  readonly windowSeconds: number;
  /** Requests that are allowed now. */
  readonly remaining: number;
  /** Seconds until one more request is allowed. */
  readonly resetSeconds: number;
}

/** Who sends a request and from where; every use case gets it. */
export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  /** The client's address, as the trusted proxies report it. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** Absent where no time is set for the work, such as for the operator's commands. */
  readonly deadline?: RequestDeadline;
  /** Gets the quotas of the client, also when they refuse the request. Absent where they are not shown. */
  readonly reportQuotas?: (quotas: readonly Quota[]) => void;
  /** Absent when the request has no idempotency key. */
  readonly idempotency?: IdempotentRequest;
}
