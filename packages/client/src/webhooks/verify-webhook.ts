import { isRecord, readCloudEvent, type UserEvent } from '../events/event.ts';
import type { Result } from '../result.ts';

/** What `user-service webhooks test` sends: it tells of nothing. */
export interface WebhookTestEvent {
  readonly id: string;
  readonly type: 'webhook.test';
  readonly time: string;
}

/** The event of a delivery, a union by `type`. */
export type WebhookEvent = UserEvent | WebhookTestEvent;

/** Why a request is refused. Answer each with 400, and do nothing else with the request. */
export type WebhookProblemCode =
  /** `webhook-id`, `webhook-timestamp` or `webhook-signature` is absent or malformed. */
  | 'headers_invalid'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  /** No signature is by one of the secrets: another sender, or a body that was changed on the way. */
  | 'signature_invalid'
  /** The signature is right, and the body is not an event of the service. */
  | 'body_invalid';

export interface WebhookProblem {
  readonly code: WebhookProblemCode;
  /** One sentence for a log; it has nothing of the request. */
  readonly detail: string;
}

/** Headers of Fetch, of Node.js, or any object of them; names in any case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Secrets as the service shows them: `whsec_…` for the scheme `v1`, `whpk_…` for `v1a`. */
export interface WebhookSecrets {
  readonly secret?: string;
  /** Both during a rotation: a signature by any of them counts. At most 10. */
  readonly secrets?: readonly string[];
}

export interface VerifyWebhookOptions extends WebhookSecrets {
  readonly headers: WebhookHeaders;
  /** The bytes as they came: JSON that was parsed and written again has another signature. */
  readonly body: string | Uint8Array | ArrayBuffer;
  /** Greatest distance between `webhook-timestamp` and the clock, in seconds; 300 by default. */
  readonly toleranceSeconds?: number;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

interface Key {
  readonly scheme: 'v1' | 'v1a';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const DEFAULT_TOLERANCE_SECONDS = 300;
const MAX_SECRETS = 10;
/** The service signs with at most five secrets; a header of more is not from it. */
const MAX_SIGNATURES = 20;
const MAX_ID_LENGTH = 256;
const TIMESTAMP = /^[1-9][0-9]{0,11}$/;
const PREFIXES = { whsec_: 'v1', whpk_: 'v1a' } as const;
const ED25519_KEY_BYTES = 32;

const DETAILS: Readonly<Record<WebhookProblemCode, string>> = {
  headers_invalid: 'The request lacks webhook-id, webhook-timestamp or webhook-signature.',
  timestamp_too_old: 'The request was signed too long ago.',
  timestamp_too_new: 'The request was signed in the future: compare the clocks.',
  signature_invalid: 'No signature of the request is by one of the secrets.',
  body_invalid: 'The signed body is not an event of the user service.',
};

/**
 * Verifies a delivery by Standard Webhooks and reads its event. It needs Web Crypto only, so it also runs on Fetch
 * runtimes. Signatures are compared in constant time.
 * @throws TypeError for a secret, body or tolerance of a wrong form, which no request causes
 */
export async function verifyWebhook(
  options: VerifyWebhookOptions,
): Promise<Result<WebhookEvent, WebhookProblem>> {
  const keys = readSecrets(options);
  const body = toBytes(options.body);
  const tolerance = options.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
  if (!(tolerance >= 0)) throw new TypeError('toleranceSeconds must be a number of at least 0.');
  const id = headerOf(options.headers, 'webhook-id');
  const timestamp = headerOf(options.headers, 'webhook-timestamp');
  const signatures = headerOf(options.headers, 'webhook-signature').split(' ');
  if (id === '' || id.length > MAX_ID_LENGTH || !TIMESTAMP.test(timestamp)) {
    return refuse('headers_invalid');
  }
  if (signatures[0] === '' || signatures.length > MAX_SIGNATURES) return refuse('headers_invalid');
  const ageSeconds = Math.floor((options.now ?? Date.now)() / 1_000) - Number(timestamp);
  if (ageSeconds > tolerance) return refuse('timestamp_too_old');
  if (ageSeconds < -tolerance) return refuse('timestamp_too_new');
  const content = join(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  if (!(await isSigned(content, signatures, keys))) return refuse('signature_invalid');
  const event = readBody(body);
  return event === null ? refuse('body_invalid') : { ok: true, data: event };
}

function refuse(code: WebhookProblemCode): Result<WebhookEvent, WebhookProblem> {
  return { ok: false, problem: { code, detail: DETAILS[code] } };
}

/** Reads the secrets of the options. @throws TypeError that does not show them */
export function readSecrets({ secret, secrets = [] }: WebhookSecrets): readonly Key[] {
  const all = [...(secret === undefined ? [] : [secret]), ...secrets];
  if (all.length === 0 || all.length > MAX_SECRETS) {
    throw new TypeError(`Give 1 to ${MAX_SECRETS} secrets of the endpoint.`);
  }
  return all.map(readSecret);
}

function readSecret(text: string): Key {
  const prefix = Object.keys(PREFIXES).find((one) => text.startsWith(one)) ?? '';
  const scheme = prefix === 'whpk_' ? PREFIXES.whpk_ : PREFIXES.whsec_;
  const bytes = fromBase64(text.slice(prefix.length));
  const fits = scheme === 'v1a' ? bytes?.length === ED25519_KEY_BYTES : (bytes?.length ?? 0) > 0;
  if (bytes === null || !fits) {
    throw new TypeError('A secret must be whsec_… or whpk_… as the service shows it.');
  }
  return { scheme, bytes };
}

async function isSigned(
  content: Uint8Array<ArrayBuffer>,
  signatures: readonly string[],
  keys: readonly Key[],
): Promise<boolean> {
  let found = false;
  for (const signature of signatures) {
    const [version = '', text = ''] = signature.split(',', 2);
    const bytes = fromBase64(text);
    if (bytes === null) continue;
    for (const { scheme, bytes: key } of keys) {
      if (scheme === version && (await isSignedBy(content, bytes, key, scheme))) found = true;
    }
  }
  return found;
}

/** `verify` of Web Crypto compares in constant time. */
async function isSignedBy(
  content: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  scheme: Key['scheme'],
): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const algorithm = scheme === 'v1' ? { name: 'HMAC', hash: 'SHA-256' } : { name: 'Ed25519' };
  const key = await subtle.importKey('raw', bytes, algorithm, false, ['verify']);
  return await subtle.verify(algorithm.name, key, signature, content);
}

function readBody(body: Uint8Array): WebhookEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const event = readCloudEvent(value);
  if (event?.type !== 'unknown' || event.cloudEventType !== 'user-service.webhook.test.v1') {
    return event;
  }
  return { id: event.id, type: 'webhook.test', time: event.time };
}

function headerOf(headers: WebhookHeaders, name: string): string {
  if (isFetchHeaders(headers)) return headers.get(name) ?? '';
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  // Two headers of one name are not by the service.
  return typeof found === 'string' ? found : '';
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

function toBytes(body: unknown): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError('The body must be the text or the bytes of the request, not parsed JSON.');
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
