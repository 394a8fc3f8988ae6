import { setTimeout as sleep } from 'node:timers/promises';
import { type CliIo, CommandFailure, EXIT, Interrupted } from './io.ts';
import { isRecord } from './problem.ts';
import { type OperatorRequest, type RequestDeps, requestBody } from './retry.ts';
import { createTableWriter, type TableOptions } from './table.ts';
import { printable } from './text.ts';

export interface WebhooksDeps extends RequestDeps {
  readonly io: CliIo;
  /** A clock that never runs backwards, in milliseconds. */
  readonly monotonicMs: () => number;
}

interface JsonOption {
  readonly json?: boolean;
}

/** The flags of `webhooks create`. */
export interface CreateWebhookOptions extends JsonOption {
  readonly type?: readonly string[];
  readonly user?: string;
  readonly description?: string;
  readonly ordered?: boolean;
  readonly scheme?: string;
}

type Json = Readonly<Record<string, unknown>>;

const PATH = '/v1/webhook-endpoints';
/** The largest page of the service. */
const PAGE_LIMIT = 200;
/** Longer than the longest `webhooks.timeout`. */
const TEST_WAIT_MS = 75_000;
const TEST_POLL_MS = 200;
const SHOWN_ONCE = 'This secret is shown only now: store it where only the receiver can read it.';

/** Creates an endpoint and shows its secret, once. @throws CommandFailure */
export async function createWebhook(
  url: string,
  options: CreateWebhookOptions,
  deps: WebhooksDeps,
): Promise<number> {
  const { type, user, description, ordered, scheme } = options;
  const body = {
    url,
    ...(type === undefined ? {} : { types: type }),
    ...(user === undefined ? {} : { user_id: user }),
    ...(description === undefined ? {} : { description }),
    ...(ordered === undefined ? {} : { ordered }),
    ...(scheme === undefined ? {} : { scheme }),
  };
  return showSecret(await send({ method: 'POST', path: PATH, body }, 201, deps), options, deps);
}

/** Lists the endpoints, without their secrets. @throws CommandFailure */
export async function listWebhooks(
  options: TableOptions & JsonOption,
  deps: WebhooksDeps,
): Promise<number> {
  const { webhook_endpoints: found } = await send({ method: 'GET', path: PATH }, 200, deps);
  if (!Array.isArray(found)) throw notAUserService();
  const columns = ['ID', 'URL', 'EVENTS', 'STATE', 'FAILURES', 'DESCRIPTION'];
  return writeRows(found.filter(isRecord), columns, rowOf, 'no webhook endpoints', options, deps);
}

/** @throws CommandFailure */
export async function setEnabled(
  id: string,
  enabled: boolean,
  options: JsonOption,
  deps: WebhooksDeps,
): Promise<number> {
  const request = { method: 'PATCH', path: pathOf(id), body: { enabled } } as const;
  const endpoint = await send(request, 200, deps);
  const text = `${enabled ? 'enabled' : 'disabled'} ${printable(id)}`;
  deps.io.stdout(options.json === true ? JSON.stringify(endpoint) : text);
  return EXIT.done;
}

/** @throws CommandFailure */
export async function deleteWebhook(
  id: string,
  options: JsonOption,
  deps: WebhooksDeps,
): Promise<number> {
  await send({ method: 'DELETE', path: pathOf(id) }, 204, deps);
  const text = `deleted ${printable(id)}`;
  deps.io.stdout(options.json === true ? JSON.stringify({ id, deleted: true }) : text);
  return EXIT.done;
}

/** Issues another secret and shows it, once. @throws CommandFailure */
export async function rotateWebhookSecret(
  id: string,
  options: JsonOption & { readonly overlap?: number; readonly scheme?: string },
  deps: WebhooksDeps,
): Promise<number> {
  const { overlap, scheme } = options;
  const body = {
    ...(overlap === undefined ? {} : { overlap }),
    ...(scheme === undefined ? {} : { scheme }),
  };
  const path = `${pathOf(id)}/secret-rotations`;
  return showSecret(await send({ method: 'POST', path, body }, 201, deps), options, deps);
}

/** Sends a test event and waits until it has ended. @throws CommandFailure, Interrupted */
export async function testWebhook(
  id: string,
  options: JsonOption,
  deps: WebhooksDeps,
): Promise<number> {
  const { id: deliveryId } = await send({ method: 'POST', path: `${pathOf(id)}/test` }, 202, deps);
  const path = `${pathOf(id)}/deliveries/${encodeURIComponent(String(deliveryId))}`;
  const endsAtMs = deps.monotonicMs() + TEST_WAIT_MS;
  for (;;) {
    const delivery = await send({ method: 'GET', path }, 200, deps);
    if (delivery.status !== 'pending') return showTest(delivery, options, deps);
    if (deps.signal.aborted) throw new Interrupted('Interrupted: the test may still be sent.');
    if (deps.monotonicMs() > endsAtMs) {
      throw new CommandFailure('The test was not sent: no instance with webhooks.enabled runs.');
    }
    await sleep(TEST_POLL_MS);
  }
}

function showTest(delivery: Json, { json }: JsonOption, { io }: WebhooksDeps): number {
  const isDelivered = delivery.status === 'delivered';
  if (json === true) io.stdout(JSON.stringify(delivery));
  else if (isDelivered) io.stdout(`the receiver answered ${String(delivery.last_status)}`);
  if (isDelivered) return EXIT.done;
  throw new CommandFailure(`The test failed: ${printable(String(delivery.last_error))}.`);
}

/** Lists deliveries, the newest first. @throws CommandFailure */
export async function listDeliveries(
  id: string,
  options: TableOptions & JsonOption & { readonly status?: string },
  deps: WebhooksDeps,
): Promise<number> {
  const query = new URLSearchParams({ limit: String(PAGE_LIMIT) });
  if (options.status !== undefined) query.set('status', options.status);
  const path = `${pathOf(id)}/deliveries?${query}`;
  const { deliveries } = await send({ method: 'GET', path }, 200, deps);
  if (!Array.isArray(deliveries)) throw notAUserService();
  const columns = ['ID', 'EVENT', 'NUMBER', 'STATUS', 'ATTEMPTS', 'CREATED', 'LAST', 'ERROR'];
  const toRow = (row: Json) =>
    [
      ...[row.id, row.type, row.sequence, row.status, row.attempts, row.created_at],
      ...[row.last_status, row.last_error],
    ].map(cell);
  return writeRows(deliveries.filter(isRecord), columns, toRow, 'no deliveries', options, deps);
}

/** Shows one delivery with its attempts, as JSON. @throws CommandFailure */
export async function showDelivery(
  id: string,
  deliveryId: string,
  deps: WebhooksDeps,
): Promise<number> {
  const path = `${pathOf(id)}/deliveries/${encodeURIComponent(deliveryId)}`;
  deps.io.stdout(JSON.stringify(await send({ method: 'GET', path }, 200, deps)));
  return EXIT.done;
}

/** Sends one delivery again, or a selection for null. @throws CommandFailure */
export async function redeliver(
  id: string,
  deliveryId: string | null,
  options: JsonOption & {
    readonly since?: string;
    readonly until?: string;
    readonly delivered?: boolean;
  },
  deps: WebhooksDeps,
): Promise<number> {
  const { since, until, delivered, json } = options;
  let count = 1;
  if (deliveryId === null) {
    const body = {
      status: delivered === true ? 'any' : 'dead',
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    };
    const path = `${pathOf(id)}/redeliveries`;
    count = Number((await send({ method: 'POST', path, body }, 202, deps)).count);
  } else {
    const path = `${pathOf(id)}/deliveries/${encodeURIComponent(deliveryId)}/redeliver`;
    await send({ method: 'POST', path }, 202, deps);
  }
  const noun = count === 1 ? 'delivery' : 'deliveries';
  deps.io.stdout(json === true ? JSON.stringify({ count }) : `${count} ${noun} sent again`);
  return EXIT.done;
}

function showSecret(endpoint: Json, { json }: JsonOption, { io }: WebhooksDeps): number {
  const { id, secret, secrets } = endpoint;
  const [newest] = Array.isArray(secrets) ? secrets.filter(isRecord) : [];
  if (json === true) io.stdout(JSON.stringify(endpoint));
  else io.stdout(printable(String(secret ?? newest?.public_key)));
  if (json !== true) io.stderr(`Webhook endpoint ${printable(String(id))}.`);
  io.stderr(typeof secret === 'string' ? SHOWN_ONCE : 'This is the public key for the receiver.');
  return EXIT.done;
}

function rowOf({ id, url, types, enabled, disabled_reason, failures, description }: Json) {
  const events = Array.isArray(types) ? types.join(' ') : 'all';
  const state = enabled === true ? 'enabled' : `disabled: ${String(disabled_reason ?? '-')}`;
  return [id, url, events, state, failures, description].map(cell);
}

function cell(value: unknown): string {
  return String(value ?? '-');
}

function writeRows(
  rows: readonly Json[],
  columns: readonly string[],
  toRow: (row: Json) => string[],
  none: string,
  options: TableOptions & JsonOption,
  { io }: WebhooksDeps,
): number {
  if (options.json === true) for (const row of rows) io.stdout(JSON.stringify(row));
  else if (rows.length === 0) io.stderr(none);
  else createTableWriter([...columns], io, options).write(rows.map(toRow));
  return EXIT.done;
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}

function notAUserService(): CommandFailure {
  return new CommandFailure('The response is not from a user service.', {
    code: 'not_a_user_service',
  });
}

/** @returns the body; an empty object where there is none */
async function send(request: OperatorRequest, expected: number, deps: WebhooksDeps): Promise<Json> {
  const body = await requestBody(request, deps, { expected });
  return isRecord(body) ? body : {};
}
