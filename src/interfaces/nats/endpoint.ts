import type { Static, TSchema } from 'typebox';
import type { Caller } from '../../application/access/caller.ts';
import type { UseCases } from '../../application/use-cases.ts';
import type { Access } from '../api/access.ts';
import type { ProblemCode } from '../api/problem-table.ts';

/** What endpoints and their edge call. */
export interface NatsUseCases {
  readonly access: Pick<UseCases['access'], 'verifyAccessToken' | 'verifyServiceKey'>;
  readonly users: Pick<UseCases['users'], 'get' | 'getPublicProfiles' | 'list'>;
  readonly checkHealth: UseCases['checkHealth'];
}

/** What an endpoint's handler sees: a known caller and a body that fits the schema. */
export interface EndpointRequest<B extends TSchema> {
  readonly caller: Caller;
  readonly body: Static<B>;
}

/** One endpoint of the micro service: subject, policy, schemas and what it does, as plain data. */
export interface EndpointSpec<B extends TSchema> {
  /** Last token of the subject, and the endpoint's name in discovery. */
  readonly name: string;
  readonly summary: string;
  /** As over HTTP: the finer check is the use case's. */
  readonly access: Access;
  readonly body: B;
  /** Whether an empty message stands for an empty object. */
  readonly bodyOptional?: true;
  /** Largest message in bytes; as over HTTP unless told. */
  readonly limitBytes?: number;
  readonly answer: TSchema;
  /** Refusals of the use case, besides those that every endpoint has. */
  readonly problems: readonly ProblemCode[];
  handle(request: EndpointRequest<B>, useCases: NatsUseCases): Promise<unknown>;
}

/** An endpoint whose schema's type no longer matters. */
export type Endpoint = EndpointSpec<TSchema>;

/** Declares an endpoint; its handler sees the type of its schema. */
export function endpoint<B extends TSchema>(spec: EndpointSpec<B>): Endpoint {
  return spec as unknown as Endpoint;
}
