import {
  type ClientOptions,
  createCalls,
  type FetchLike,
  type Reply,
  type UserService,
  userService,
} from '@user-service/client';
import { OPERATOR_OPERATIONS, type OperatorService } from './generated/operator-operations.ts';

/** How commands reach a service: over HTTP, over its control socket, or in this process. */
export interface OperatorClient {
  /**
   * Names the target without any secret. The text must be the same in every run: an import that stopped resumes only
   * on the target that it began with.
   */
  describe(): string;
  /** Sends one request of the client package. It rejects with `ServiceUnreachable` when there is no response. */
  readonly fetch: FetchLike;
  close(): Promise<void>;
}

/** Stands for the address of the target, which only its `OperatorClient` knows. */
const BASE_URL = 'http://service';

/** How the client package reaches the target. The transport bounds each attempt, and each attempt may be the last. */
export function reaching({ fetch }: OperatorClient): ClientOptions {
  return { url: BASE_URL, fetch, retries: 0, timeoutMs: 2 ** 31 - 1 };
}

/** The operations of the service, and those of its operator. */
export type Operations = UserService & OperatorService;

/** @param retries how to repeat a call; each has one attempt by default */
export function callsOf(client: OperatorClient, retries: Partial<ClientOptions> = {}): Operations {
  const options = { ...reaching(client), ...retries };
  return {
    ...userService(options),
    ...createCalls<OperatorService>(OPERATOR_OPERATIONS, options),
  };
}

/** The path and the query of a request to `reaching`. */
export function pathOf(url: string): string {
  return url.slice(BASE_URL.length);
}

/** A response that was received as a whole. */
export function toResponse(
  status: number,
  headers: Readonly<Record<string, unknown>>,
  text: string,
): Response {
  const received = Object.entries(headers).filter(([, value]) => value !== undefined);
  return new Response(text === '' ? null : text, {
    status,
    headers: received.map(([name, value]): [string, string] => [name, String(value)]),
  });
}

/** There is no response. The message names the target and what to do. */
export class ServiceUnreachable extends Error {
  override readonly name = 'ServiceUnreachable';
  /** Whether the service may have received the request, and so may have performed it. */
  readonly maybeSent: boolean;
  /** Tells the client package the same, in its words. */
  readonly code: string;

  constructor(message: string, details: { maybeSent: boolean; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.maybeSent = details.maybeSent;
    this.code = details.maybeSent ? 'ECONNRESET' : 'ECONNREFUSED';
  }
}

/** A response without a type. */
export interface OperatorResponse {
  readonly status: number;
  /** The parsed JSON; undefined if it is empty, or not from a service. */
  readonly body: unknown;
}

/**
 * The response behind a reply of the client package.
 * @throws ServiceUnreachable when there is none
 */
export function responseOf({ info, ...reply }: AnyReply): OperatorResponse {
  const { status } = info;
  if (reply.ok) return { status, body: reply.data };
  const { problem } = reply;
  if (problem.code === 'network_error') throw problem.cause;
  if (status === 0) {
    const message = problem.code === 'aborted' ? 'Interrupted.' : problem.detail;
    throw new ServiceUnreachable(message, { maybeSent: true });
  }
  const document = problem.code === 'invalid_response' ? undefined : problem;
  return { status, body: problem.document ?? document };
}

/** Any problem of the client package. */
export interface AnyProblem {
  readonly code: string;
  readonly detail: string;
  readonly cause?: unknown;
  readonly document?: unknown;
}

/** Any reply of the client package. */
export type AnyReply = Reply<unknown, AnyProblem>;
