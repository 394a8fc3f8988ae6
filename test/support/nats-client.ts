import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { onTestFinished } from 'vitest';

export interface NatsSent {
  /** An access token or a service key. */
  readonly token?: string;
  /** Sent as JSON; bytes and text unchanged. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait for a response; 5,000 by default. */
  readonly timeoutMs?: number;
}

export interface NatsResponse {
  /** 200, or `Nats-Service-Error-Code`. */
  readonly status: number;
  /** `Nats-Service-Error`; empty for a success. */
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A service that calls ours over NATS. */
export interface NatsClient {
  readonly connection: NatsConnection;
  /** Rejects when no response comes in time. */
  call(subject: string, sent?: NatsSent): Promise<NatsResponse>;
}

/** Connects a client until the end of the test. */
export async function createNatsClient(
  options: Parameters<typeof connect>[0],
): Promise<NatsClient> {
  const connection = await connect({ reconnectTimeWait: 50, maxReconnectAttempts: -1, ...options });
  onTestFinished(() => connection.close());
  return {
    connection,
    async call(subject, sent = {}) {
      const fields = headers();
      if (sent.token !== undefined) fields.set('Authorization', `Bearer ${sent.token}`);
      for (const [name, value] of Object.entries(sent.headers ?? {})) fields.set(name, value);
      const options = { timeout: sent.timeoutMs ?? 5_000, headers: fields };
      return readResponse(await connection.request(subject, payloadOf(sent.body), options));
    },
  };
}

function payloadOf(body: unknown): string | Uint8Array {
  if (body === undefined) return '';
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}

function readResponse(message: Msg): NatsResponse {
  const fields = [...(message.headers ?? [])].map(
    ([name, values]) => [name.toLowerCase(), values.join(', ')] as const,
  );
  const named = Object.fromEntries(fields);
  return {
    status: Number(named['nats-service-error-code'] ?? 200),
    code: named['nats-service-error'] ?? '',
    body: message.json(),
    headers: named,
  };
}
