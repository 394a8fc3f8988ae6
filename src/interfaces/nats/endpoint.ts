import type { Static, TSchema } from 'typebox';
import type { Caller } from '../../application/access/caller.ts';
import type { UseCases } from '../../application/use-cases.ts';
import type { Access } from '../api/access.ts';
import type { ProblemCode } from '../api/problem-table.ts';

/** The use cases that the NATS interface calls. */
export interface NatsUseCases {
  readonly access: Pick<UseCases['access'], 'verifyAccessToken' | 'verifyServiceKey'>;
  readonly limits: Pick<UseCases['limits'], 'checkService'>;
  readonly users: Pick<UseCases['users'], 'get' | 'getMany' | 'getPublicProfiles' | 'list'>;
  readonly checkHealth: UseCases['checkHealth'];
}

/** A request with an authenticated caller and a body that fits the schema. */
export interface EndpointRequest<B extends TSchema> {
  readonly caller: Caller;
  readonly body: Static<B>;
}

/** One endpoint of the NATS service, as plain data: the documentation is generated from it. */
export interface EndpointSpec<B extends TSchema> {
  /** Last token of the subject, and the endpoint's name in discovery. */
  readonly name: string;
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
  readonly response: TSchema;
  /** Codes of the use case, besides those that every endpoint has. */
  readonly problems: readonly ProblemCode[];
  handle(request: EndpointRequest<B>, useCases: NatsUseCases): Promise<unknown>;
}

/** An endpoint without the type of its schema. */
export type Endpoint = EndpointSpec<TSchema>;

/** Declares an endpoint whose handler gets the type of its schema. */
export function endpoint<B extends TSchema>(spec: EndpointSpec<B>): Endpoint {
  return spec as unknown as Endpoint;
}
