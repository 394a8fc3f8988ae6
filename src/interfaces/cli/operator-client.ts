export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, such as `/v1/users?limit=10`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stops waiting for the response; the service may have performed the request. */
  readonly signal?: AbortSignal;
}

export interface OperatorResponse {
  readonly status: number;
  /** The parsed JSON; text if it is not JSON; undefined if it is empty. */
  readonly body: unknown;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How commands reach a service: over HTTP, over its control socket, or in this process. */
export interface OperatorClient {
  /**
   * Names the target without any secret. The text must be the same in every run: an import that stopped resumes only
   * on the target that it began with.
   */
  describe(): string;
  /** @throws ServiceUnreachable when there is no response */
  request(request: OperatorRequest): Promise<OperatorResponse>;
  close(): Promise<void>;
}

/** There is no response. The message names the target and what to do. */
export class ServiceUnreachable extends Error {
  override readonly name = 'ServiceUnreachable';
  /** Whether the service may have received the request, and so may have performed it. */
  readonly maybeSent: boolean;

  constructor(message: string, details: { maybeSent: boolean; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.maybeSent = details.maybeSent;
  }
}
