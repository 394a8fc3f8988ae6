import type { Static, TSchema } from 'typebox';
import type { Caller } from '../../application/access/caller.ts';
import type { UseCases } from '../../application/use-cases.ts';
import type { Access } from '../api/access.ts';
import type { HeaderSpec } from '../api/header-spec.ts';
import type { ProblemCode } from '../api/problem-table.ts';

/** The use cases that the NATS interface calls. */
export interface NatsUseCases {
  readonly access: Pick<
    UseCases['access'],
    'introspectToken' | 'verifyAccessToken' | 'verifyServiceKey'
  >;
  readonly idempotency: UseCases['idempotency'];
  readonly limits: Pick<UseCases['limits'], 'checkService'>;
  readonly users: Pick<
    UseCases['users'],
    'disable' | 'enable' | 'get' | 'getMany' | 'getPublicProfiles' | 'list' | 'register' | 'update'
  >;
  readonly checkHealth: UseCases['checkHealth'];
}

/** A request with an authenticated caller and a body that fits the schema. */
export interface EndpointRequest<B extends TSchema> {
  readonly caller: Caller;
  readonly body: Static<B>;
  /** The value of a header, whose name matches in any case; repeated ones are joined with commas. */
  header(name: string): string | undefined;
}

/** A success that is not the usual one: over HTTP it has the status 202. */
export class Accepted {
  readonly body: unknown;

  constructor(body: unknown) {
    this.body = body;
  }
}

export interface EndpointSettings {
  /** Claim `iss` of access tokens. */
  readonly issuer: string;
}

/** One endpoint of the NATS service, as plain data: the documentation is generated from it. */
export interface EndpointSpec<B extends TSchema> {
  /** Last token of the subject, and the endpoint's name in discovery. */
  readonly name: string;
  /** First tokens of the subject. Default: `users.v1`. */
  readonly prefix?: 'tokens.v1';
  readonly summary: string;
  /** Checked before the handler; the use case checks in detail. */
  readonly access: Access;
  readonly body: B;
  /** A body that fits the schema, for the documentation. */
  readonly example: Static<B>;
  /** Reads an empty message as an empty object. */
  readonly bodyOptional?: true;
  /** Largest message in bytes. Default: the limit of an HTTP body. */
  readonly limitBytes?: number;
  /** Headers of a request, besides those of every endpoint. */
  readonly headers?: readonly HeaderSpec[];
  /** Executes a request once for each `Idempotency-Key`: answers are stored, and so must be small texts. */
  readonly acceptsIdempotencyKey?: true;
  /** Status of a success in logs and metrics: that of the same response over HTTP. Default: 200. */
  readonly status?: 201;
  readonly response: TSchema;
  /** Schema of the body of an `Accepted`. */
  readonly acceptedResponse?: TSchema;
  /** Codes of the use case, besides those that every endpoint has. */
  readonly problems: readonly ProblemCode[];
  handle(
    request: EndpointRequest<B>,
    useCases: NatsUseCases,
    settings: EndpointSettings,
  ): Promise<unknown>;
}

/** An endpoint without the type of its schema. */
export type Endpoint = EndpointSpec<TSchema>;

/** Declares an endpoint whose handler gets the type of its schema. */
export function endpoint<B extends TSchema>(spec: EndpointSpec<B>): Endpoint {
  return spec as unknown as Endpoint;
}
