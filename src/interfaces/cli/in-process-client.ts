import { type OperatorClient, pathOf, toResponse } from './operator-client.ts';

/** The part of a Fastify server that answers requests without a socket. */
interface Injectable {
  inject(request: {
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    url: string;
    headers?: Record<string, string>;
    payload?: string;
  }): Promise<{
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: string;
  }>;
}

/** Creates a client of a service that runs in this process for the duration of one command. */
export function createInProcessClient(options: {
  readonly server: Injectable;
  readonly description: string;
  close(): Promise<void>;
}): OperatorClient {
  return {
    describe: () => options.description,
    async fetch(url, { method, headers, body }) {
      const response = await options.server.inject({
        method: method as 'GET',
        url: pathOf(url),
        headers: Object.fromEntries(new Headers(headers)),
        ...(typeof body === 'string' ? { payload: body } : {}),
      });
      return toResponse(response.statusCode, response.headers, response.body);
    },
    close: () => options.close(),
  };
}
