import {
  readSecrets,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookEvent,
  type WebhookSecrets,
} from './verify-webhook.ts';

export interface WebhookHandlerOptions
  extends WebhookSecrets,
    Pick<VerifyWebhookOptions, 'toleranceSeconds' | 'now'> {
  /**
   * Gets each verified event. The service waits 15 s for it: work longer elsewhere. When it throws, the answer is 500
   * and the service tries again later.
   */
  readonly handle: (event: WebhookEvent) => unknown;
}

/** An event has some hundred bytes; with all included values some thousand. */
const MAX_BODY_BYTES = 1_048_576;

interface NodeRequest extends AsyncIterable<unknown> {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

interface NodeResponse {
  writeHead(status: number): { end(): unknown };
}

/**
 * A handler for Fetch requests (Hono, Next.js, Deno, Bun, workers). It answers 204 once the event is handled, 400 to a
 * request that is not by the service, 413 above 1 MiB, and 500 when `handle` throws.
 */
export function fetchWebhookHandler(
  options: WebhookHandlerOptions,
): (request: Request) => Promise<Response> {
  readSecrets(options);
  return async (request) => {
    const status = await receive(request.body, request.headers, options);
    return new Response(null, { status });
  };
}

/** The same for `node:http`, and for Express without a body parser on the route. */
export function nodeWebhookHandler(
  options: WebhookHandlerOptions,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  readSecrets(options);
  return async (request, response) => {
    response.writeHead(await receive(request, request.headers, options)).end();
  };
}

/** @returns the status of the response */
async function receive(
  chunks: AsyncIterable<unknown> | null,
  headers: VerifyWebhookOptions['headers'],
  { handle, ...options }: WebhookHandlerOptions,
): Promise<number> {
  try {
    const body = await readBody(chunks);
    if (body === null) return 413;
    const verified = await verifyWebhook({ ...options, headers, body });
    if (!verified.ok) return 400;
    await handle(verified.data);
    return 204;
  } catch {
    return 500;
  }
}

async function readBody(chunks: AsyncIterable<unknown> | null): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks ?? []) {
    const part = chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk));
    length += part.length;
    if (length > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    body.set(part, offset);
    offset += part.length;
  }
  return body;
}
