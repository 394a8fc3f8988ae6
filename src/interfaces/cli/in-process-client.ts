import type { OperatorClient } from './operator-client.ts';

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
    async request({ method, path, body, headers = {} }) {
      const response = await options.server.inject({
        method,
        url: path,
        ...(body === undefined
          ? { headers }
          : {
              headers: { 'content-type': 'application/json', ...headers },
              payload: JSON.stringify(body),
            }),
      });
      return {
        status: response.statusCode,
        headers: Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: readBody(response.body, String(response.headers['content-type'] ?? '')),
      };
    },
    close: () => options.close(),
  };
}

function readBody(text: string, contentType: string): unknown {
  if (text === '') return undefined;
  return /\bjson\b/.test(contentType) ? JSON.parse(text) : text;
}
