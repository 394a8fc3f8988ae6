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

/** Reaches a service that lives in this process only as long as the command runs. */
export function createInProcessClient(options: {
  readonly server: Injectable;
  readonly description: string;
  close(): Promise<void>;
}): OperatorClient {
  return {
    describe: () => options.description,
    async request({ method, path, body, headers = {} }) {
      const answer = await options.server.inject({
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
        status: answer.statusCode,
        headers: Object.fromEntries(
          Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: readBody(answer.body, String(answer.headers['content-type'] ?? '')),
      };
    },
    close: () => options.close(),
  };
}

function readBody(text: string, contentType: string): unknown {
  if (text === '') return undefined;
  return /\bjson\b/.test(contentType) ? JSON.parse(text) : text;
}
