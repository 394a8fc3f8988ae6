import type { Static, TSchema } from 'typebox';
import type { Caller } from '../../application/access/caller.ts';
import type { PolicyName } from '../../application/limits/policies.ts';
import { type Access, allowsServices } from '../api/access.ts';
import type { HeaderSpec } from '../api/header-spec.ts';
import type { ProblemCode } from '../api/problem-table.ts';
import type { HttpDeps } from './http-deps.ts';
import type { LongLivedConnection } from './long-lived.ts';
import type { SessionCookie } from './session-cookie.ts';

/** `GET` includes `HEAD`. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface BodySpec<B extends TSchema> {
  readonly schema: B;
  /** Without parameters. */
  readonly mediaTypes: readonly MediaType[];
  /** Limit of the body, in bytes. Default: 16 KiB. */
  readonly limitBytes?: number;
}

export type MediaType =
  | 'application/json'
  | 'application/merge-patch+json'
  | 'application/x-www-form-urlencoded';

/** A response for one success status. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: TSchema;
  /** Set when the route writes the body itself. Otherwise the body is JSON by the schema. */
  readonly mediaType?: string;
  /** Further media types of the body, as text. */
  readonly otherMediaTypes?: readonly string[];
  /** Names and descriptions of headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Whether a user has to have authenticated within `step_up.max_age`; services need not. `required` is checked before the
 * use case runs. With `or_current_password` the use case accepts `current_password` instead.
 */
export type Freshness = 'required' | 'or_current_password';

/**
 * What a second request with the same content does, without an idempotency key. Clients decide by it whether they repeat
 * a request whose response was lost.
 *
 * - `reads only`: nothing changes.
 * - `repeatable`: it changes nothing more, and its response is as good as the first one.
 * - `repeatable in the grace`: so for `sessions.refresh_grace`; later it ends the session.
 * - `not repeatable`: it takes effect again, or its response reports less than was done.
 */
export type Repetition = 'reads only' | 'repeatable' | 'repeatable in the grace' | 'not repeatable';

type ValueOf<S extends TSchema> = [S] extends [never] ? undefined : Static<S>;

/** A validated request. */
export interface RouteRequest<P extends TSchema, Q extends TSchema, B extends TSchema> {
  readonly caller: Caller;
  /** Ids in lower case. */
  readonly params: ValueOf<P>;
  readonly query: ValueOf<Q>;
  readonly body: ValueOf<B>;
  /** @param name in lower case */
  header(name: string): string | undefined;
  /** Null unless the route has `sessionCookie` and the client is in cookie mode. */
  readonly sessionCookie: SessionCookie | null;
  /** Never aborts unless the route is `longLived`. */
  readonly connection: LongLivedConnection;
}

export interface RouteResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route, as plain data: the OpenAPI document is generated from it. */
export interface RouteSpec<P extends TSchema, Q extends TSchema, B extends TSchema> {
  readonly method: Method;
  /** Template such as `/v1/users/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly freshness?: Freshness;
  /** Also takes the key of a service account as `Authorization: Basic` (RFC 6749 §2.3.1). */
  readonly acceptsBasic?: true;
  /**
   * A client in cookie mode gets or loses the session cookie here. With `replaces_access_token` the cookie is the
   * credential, if the client has one.
   */
  readonly sessionCookie?: 'set' | 'replaces_access_token';
  /** `oauth` for errors by RFC 6749 §5.2 instead of problem documents. */
  readonly errors?: 'oauth';
  /**
   * For a route that is no `GET` and ignores `Idempotency-Key`: what a repeated request does. All others execute a request
   * once for each key: their answers are stored, and so must be small texts.
   */
  readonly ignoresIdempotencyKey?: Repetition;
  /** The answer may come late or be a stream: the route bounds its time itself, and `server.request_deadline` does not. */
  readonly longLived?: true;
  /** Left out of the OpenAPI document, for the assets of the documentation page. */
  readonly undocumented?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: BodySpec<B>;
  readonly headers?: readonly HeaderSpec[];
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** The policies of the use case. Routes for services have `service_account` without naming it. */
  readonly policies?: readonly PolicyName[];
  /** Codes of the use case, besides those of every route. */
  readonly problems: readonly ProblemCode[];
  handle(request: RouteRequest<P, Q, B>, deps: HttpDeps): Promise<RouteResponse>;
}

/** A route without the types of its schemas. */
export type Route = RouteSpec<TSchema, TSchema, TSchema>;

/** The policies that a request to the route may count against. */
export function policiesOf({ access, policies = [] }: Route): readonly PolicyName[] {
  return allowsServices(access) ? [...policies, 'service_account'] : policies;
}

/** Declares a route whose handler gets the types of its schemas. */
export function route<
  P extends TSchema = never,
  Q extends TSchema = never,
  B extends TSchema = never,
>(spec: RouteSpec<P, Q, B>): Route {
  return spec as unknown as Route;
}

/** Whether a route executes a request once for each `Idempotency-Key`. Other routes ignore the header. */
export function acceptsIdempotencyKey({
  method,
  ignoresIdempotencyKey,
}: Pick<Route, 'method' | 'ignoresIdempotencyKey'>): boolean {
  return method !== 'GET' && ignoresIdempotencyKey === undefined;
}
