import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { Agent, buildConnector, Dispatcher } from 'undici';
import type { Clock } from '../../domain/ports.ts';
import type { WebhookResponse, WebhookTransport } from '../../domain/webhook/webhook-delivery.ts';
import { connectionReason } from '../../lib/connection-reason.ts';
import { errorText } from '../../lib/error-text.ts';
import type { ReceiverAddresses } from './receiver-addresses.ts';
import { readRetryAfterMs } from './retry-after.ts';
import { hostOf, isUsualPort } from './webhook-targets.ts';

export interface TransportSettings {
  readonly addresses: ReceiverAddresses;
  readonly allowHttp: boolean;
  /** Of connecting; the signal of a request bounds all of it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** How names are looked up; for tests. */
  readonly lookup?: typeof systemLookup;
  /** PEM certificates that are trusted besides those of Node; for tests. */
  readonly ca?: string;
}

export interface HttpTransport extends WebhookTransport {
  close(): Promise<void>;
}

/** What is read of a response; the rest is not. */
const MAX_RESPONSE_BYTES = 64 * 1024;
const EXCERPT_BYTES = 1024;

/** The receiver is where no webhook may go. */
class ReceiverRefused extends Error {
  override readonly name = 'ReceiverRefused';
}

const REASONS = {
  unreachable: 'the receiver cannot be reached',
  unknown_host: 'the name of the receiver has no address',
  timeout: 'the receiver did not answer in time',
  tls: 'the TLS handshake with the receiver failed',
} as const;

/**
 * Sends requests to receivers. Three checks keep them out of internal networks: of an address in the URL, of every
 * address of a name, and of the peer of the connection before the first byte is sent. A name that has another address
 * at the second look-up is found by the last one. Redirects are not followed, and no proxy of the environment is used.
 */
export function createHttpTransport(settings: TransportSettings): HttpTransport {
  let agent: Promise<Agent> | undefined;
  const ensureAgent = (): Promise<Agent> => (agent ??= openAgent(settings));
  return {
    async send({ url: text, headers, body }, signal) {
      const url = new URL(text);
      assertScheme(url, settings.allowHttp);
      try {
        const response = await (await ensureAgent()).request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: 'POST',
          headers: { ...headers, accept: '*/*' },
          body,
          signal,
        });
        const excerpt = await readExcerpt(response.body);
        const retryAfter = response.headers['retry-after'];
        return {
          status: response.statusCode,
          retryAfterMs: readRetryAfterMs(
            Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
            settings.clock.now().getTime(),
          ),
          excerpt,
        } satisfies WebhookResponse;
      } catch (error) {
        if (signal.aborted) throw error;
        throw new Error(reasonOf(error), { cause: error });
      }
    },
    async close() {
      await (await agent)?.destroy();
    },
  };
}

/** The setting may have changed since the endpoint was created. */
function assertScheme(url: URL, allowHttp: boolean): void {
  if (url.protocol === 'https:' || allowHttp) return;
  throw new ReceiverRefused('http is not allowed by webhooks.allow_http');
}

function reasonOf(error: unknown): string {
  const refused = [error, (error as { cause?: unknown }).cause].find(
    (candidate) => candidate instanceof ReceiverRefused,
  );
  if (refused instanceof ReceiverRefused) return refused.message;
  const reason = connectionReason(error);
  return reason === null ? errorText(error) : REASONS[reason];
}

/** Loads the library at the first use: most services send no webhooks. */
async function openAgent(settings: TransportSettings): Promise<Agent> {
  const undici = await import('undici');
  const { timeoutMs } = settings;
  return new undici.Agent({
    connect: guardedConnector(undici.buildConnector, settings),
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: MAX_RESPONSE_BYTES,
  });
}

function guardedConnector(
  build: typeof buildConnector,
  { addresses, timeoutMs, ca, lookup = systemLookup }: TransportSettings,
): buildConnector.connector {
  const connectTls = build({
    timeout: timeoutMs,
    // Without it, NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn the verification off.
    rejectUnauthorized: true,
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
  });
  const assertPeer = (address: string, url: URL): void => {
    if (!addresses.isAllowed(address)) {
      throw new ReceiverRefused('the address of the receiver is not of the public internet');
    }
    if (!isUsualPort(url) && !addresses.isListed(address)) {
      throw new ReceiverRefused('the port of the receiver is not allowed');
    }
  };
  return (options, callback) => {
    const url = new URL(`${options.protocol}//${options.host ?? options.hostname}`);
    const fail = (error: unknown): void =>
      callback(error instanceof Error ? error : new Error(String(error)), null);
    const checkedLookup: LookupFunction = (name, lookupOptions, done) => {
      lookup(name, { ...lookupOptions, all: true }, (error, found) => {
        if (error !== null) return done(error, []);
        try {
          // One address that is not allowed is enough: another one of the name may be tried first.
          for (const { address } of found) assertPeer(address, url);
        } catch (refused) {
          return done(refused as NodeJS.ErrnoException, []);
        }
        const [first] = found;
        if (lookupOptions.all === true) return done(null, found);
        done(null, first?.address ?? '', first?.family);
      });
    };
    // TLS begins on a connection whose peer was checked.
    const connectTcp = build({ timeout: timeoutMs, lookup: checkedLookup });
    try {
      const host = hostOf(url);
      if (isIP(host) !== 0) assertPeer(host, url);
      const port = url.port || (url.protocol === 'https:' ? '443' : '80');
      connectTcp({ ...options, protocol: 'http:', port }, (...result) => {
        const [error, socket] = result;
        if (error !== null || socket === null) return callback(...result);
        try {
          assertPeer(socket.remoteAddress ?? '', url);
        } catch (refused) {
          socket.destroy();
          return fail(refused);
        }
        if (url.protocol === 'http:') return callback(null, socket);
        connectTls({ ...options, httpSocket: socket }, callback);
      });
    } catch (error) {
      fail(error);
    }
  };
}

/** Reads a response to its end or its bound, and keeps its start as text without control characters. */
async function readExcerpt(body: Dispatcher.ResponseData['body']): Promise<string> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = part as Buffer;
    if (size < EXCERPT_BYTES) kept.push(bytes.subarray(0, EXCERPT_BYTES - size));
    size += bytes.byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (size >= MAX_RESPONSE_BYTES) break;
  }
  const text = new TextDecoder().decode(Buffer.concat(kept));
  return text.replace(UNSAFE, ' ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
