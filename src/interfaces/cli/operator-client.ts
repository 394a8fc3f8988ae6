/** One request to the service. */
export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, such as `/v1/users?limit=10`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up on the answer; the request may have been done. */
  readonly signal?: AbortSignal;
}

/** The service's answer, whatever its status. */
export interface OperatorResponse {
  readonly status: number;
  /** The parsed JSON; text where it is none; undefined where there is nothing. */
  readonly body: unknown;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How commands reach a service: over HTTP, over its control socket, or in this process. */
export interface OperatorClient {
  /**
   * The target in words, without any secret. The same target must describe itself the same way in every run, for a
   * load that stopped half-way resumes only on the target it began with.
   */
  describe(): string;
  /** @throws ServiceUnreachable when no answer came */
  request(request: OperatorRequest): Promise<OperatorResponse>;
  close(): Promise<void>;
}

/** No answer came. The message names the target and what to do. */
export class ServiceUnreachable extends Error {
  override readonly name = 'ServiceUnreachable';
  /** Whether the service may have received the request, and so may have done it. */
  readonly maybeSent: boolean;

  constructor(message: string, details: { maybeSent: boolean; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.maybeSent = details.maybeSent;
  }
}
