import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type FakeAnswer, FakeProblem, type FakeRequest, problemAnswer } from './fake-answers.ts';

export interface FakeServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Longer bodies are cut off: no request that the fake understands is as long. */
const MAX_BODY_BYTES = 1_048_576;

/** Listens on a free port of the loopback address. It does not keep the process running. */
export async function startFakeServer(
  answer: (request: FakeRequest) => Promise<FakeAnswer>,
): Promise<FakeServer> {
  const stopped = new AbortController();
  const server = createServer((message, response) => {
    handle(message, response, stopped.signal, answer).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      stopped.abort();
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(
  message: IncomingMessage,
  response: ServerResponse,
  stopped: AbortSignal,
  answer: (request: FakeRequest) => Promise<FakeAnswer>,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([stopped, gone.signal]);
  const body = await readBody(message);
  const {
    status,
    headers,
    body: content,
  } = await answerOrProblem(answer, {
    method: message.method ?? 'GET',
    url: new URL(message.url ?? '/', 'http://fake'),
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body,
    signal,
  });
  response.writeHead(status, headers);
  if (typeof content === 'string') {
    response.end(content);
    return;
  }
  for await (const part of content) {
    if (signal.aborted) break;
    response.write(part);
  }
  response.end();
}

async function answerOrProblem(
  answer: (request: FakeRequest) => Promise<FakeAnswer>,
  request: FakeRequest,
): Promise<FakeAnswer> {
  try {
    return await answer(request);
  } catch (error) {
    if (error instanceof FakeProblem) return problemAnswer(error);
    throw error;
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY_BYTES) throw new Error('the body is too long for the fake');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
