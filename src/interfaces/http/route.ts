import type { Static, TSchema } from 'typebox';
import type { Caller } from '../../application/access/caller.ts';
import type { Access } from '../api/access.ts';
import type { ProblemCode } from '../api/problem-table.ts';
import type { HttpDeps } from './http-deps.ts';

/** HTTP methods that routes have; `HEAD` comes with `GET`. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body that a route takes. */
export interface BodySpec<B extends TSchema> {
  readonly schema: B;
  /** Exact media types, without parameters. */
  readonly mediaTypes: readonly MediaType[];
  /** Largest body in bytes; 16 KiB unless told. */
  readonly limitBytes?: number;
}

/** Media types of request bodies. */
export type MediaType =
  | 'application/json'
  | 'application/merge-patch+json'
  | 'application/x-www-form-urlencoded';

/** One status that a route answers with when all is well. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: TSchema;
  /** Set for what the route writes itself; without it the body is JSON, written by the schema. */
  readonly mediaType?: string;
  /** Names of headers and what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request header that a route reads. */
export interface HeaderSpec {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
}

type ValueOf<S extends TSchema> = [S] extends [never] ? undefined : Static<S>;

/** A request whose every part fits the route's schemas. */
export interface RouteRequest<P extends TSchema, Q extends TSchema, B extends TSchema> {
  readonly caller: Caller;
  /** Ids in lower case. */
  readonly params: ValueOf<P>;
  readonly query: ValueOf<Q>;
  readonly body: ValueOf<B>;
  /** A header by its lower-case name. */
  header(name: string): string | undefined;
}

/** What a route answers. */
export interface RouteResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route: its place, policy, schemas and what it does. Plain data, so that the document is made of it too. */
export interface RouteSpec<P extends TSchema, Q extends TSchema, B extends TSchema> {
  readonly method: Method;
  /** Template in the form `/v1/users/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** Left out of the OpenAPI document: no interface, only a part of a page. */
  readonly undocumented?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: BodySpec<B>;
  readonly headers?: readonly HeaderSpec[];
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Refusals of the use case, besides those that every route of its kind has. */
  readonly problems: readonly ProblemCode[];
  handle(request: RouteRequest<P, Q, B>, deps: HttpDeps): Promise<RouteResponse>;
}

/** A route whose schemas' types no longer matter. */
export type Route = RouteSpec<TSchema, TSchema, TSchema>;

/** Declares a route; its handler sees the types of its schemas. */
export function route<
  P extends TSchema = never,
  Q extends TSchema = never,
  B extends TSchema = never,
>(spec: RouteSpec<P, Q, B>): Route {
  return spec as unknown as Route;
}
