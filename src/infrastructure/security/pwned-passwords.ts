import { createHash } from 'node:crypto';
import type { Dispatcher, Pool } from 'undici';
import type { Logger } from '../../domain/ports.ts';
import type { BreachAnswer, BreachedPasswords } from '../../domain/user/password.ts';
import { createCircuitBreaker } from '../../lib/circuit-breaker.ts';
import { errorText } from '../../lib/error-text.ts';

export interface PwnedPasswordsSettings {
  /** Base URL: `https://api.pwnedpasswords.com` or a mirror. */
  readonly url: string;
  /** Deadline of the whole look-up, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a password is accepted when its look-up fails. */
  readonly failOpen: boolean;
}

/** Results of look-ups since the process started. */
export interface BreachLookUps {
  /** The password is in a known breach. */
  readonly known: number;
  /** The password is in no known breach. */
  readonly unknown: number;
  /** No response in time, an invalid response, or an open circuit breaker. */
  readonly unchecked: number;
}

/** Look-ups through the range API of Have I Been Pwned. */
export interface PwnedPasswords extends BreachedPasswords {
  /** Loads the HTTP library now; the first look-up would spend its deadline on it. */
  warm(): void;
  lookUps(): BreachLookUps;
  /** While the circuit breaker is open, only one look-up every 5 s is sent. */
  breaker(): 'closed' | 'open';
  close(): Promise<void>;
}

/** A padded response has about 1,000 lines of at most 50 bytes. */
const MAX_RESPONSE_BYTES = 256 * 1024;
/** The rest of a hash, and how often it was seen; padding lines have the count 0. */
const LINE = /^([0-9A-F]{35}):(\d{1,12})$/i;
const PREFIX_LENGTH = 5;
const CONNECTIONS = 8;
const PROBE_INTERVAL_MS = 5_000;

/**
 * Looks passwords up by k-anonymity: only the first 5 of the 40 hex digits of the SHA-1 leave the process. Padding
 * hides them from an observer of the response's size. Redirects are not followed, since they may lead to any host.
 */
export function createPwnedPasswords(
  settings: PwnedPasswordsSettings,
  deps: { readonly logger: Logger; readonly monotonicMs: () => number },
): PwnedPasswords {
  const { logger, monotonicMs } = deps;
  const base = new URL(settings.url);
  const prefixPath = base.pathname.replace(/\/+$/, '');
  const breaker = createCircuitBreaker({
    nowMs: monotonicMs,
    probeIntervalMs: PROBE_INTERVAL_MS,
    onChange: (isOpen) =>
      isOpen
        ? logger.error(
            settings.failOpen
              ? 'the breached-password API is unavailable; new passwords are not checked against breaches'
              : 'the breached-password API is unavailable; new passwords are rejected',
          )
        : logger.info('the breached-password API is available again'),
  });
  const counts = { known: 0, unknown: 0, unchecked: 0 };
  let pool: Promise<Pool> | undefined;

  return {
    failOpen: settings.failOpen,
    async lookUp(password) {
      const result = await check(password);
      counts[result.checked ? (result.count > 0 ? 'known' : 'unknown') : 'unchecked'] += 1;
      return result;
    },
    warm: () => void ensurePool().catch(() => {}), // the look-up reports the failure
    lookUps: () => ({ ...counts }),
    breaker: () => (breaker.isOpen() ? 'open' : 'closed'),
    async close() {
      await (await pool)?.destroy();
    },
  };

  function ensurePool(): Promise<Pool> {
    pool ??= openPool(base.origin, settings.timeoutMs);
    return pool;
  }

  async function check(password: string): Promise<BreachAnswer> {
    const permit = breaker.acquire();
    if (permit === null) return { checked: false };
    const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
    try {
      const lines = await fetchRange(hash.slice(0, PREFIX_LENGTH));
      const count = countOf(lines, hash.slice(PREFIX_LENGTH));
      breaker.record(permit, true);
      return { checked: true, count };
    } catch (error) {
      breaker.record(permit, false);
      logger.warn('could not check a password against breaches', { reason: errorText(error) });
      return { checked: false };
    }
  }

  async function fetchRange(prefix: string): Promise<string> {
    const signal = AbortSignal.timeout(settings.timeoutMs);
    const response = await (await ensurePool()).request({
      method: 'GET',
      path: `${prefixPath}/range/${prefix}`,
      headers: { 'add-padding': 'true', accept: 'text/plain', 'user-agent': 'user-service' },
      signal,
    });
    if (response.statusCode !== 200) {
      // An unread body would keep its connection. Destroying it emits an error that says nothing new.
      response.body.on('error', () => {}).destroy();
      throw new Error(`the response has the status ${response.statusCode}`);
    }
    return await readBody(response.body);
  }
}

/** Loads the library at the first use: most services do not use the API. */
async function openPool(origin: string, timeoutMs: number): Promise<Pool> {
  const undici = await import('undici');
  return new undici.Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    // Without `rejectUnauthorized`, NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn the verification off.
    connect: { timeout: timeoutMs, rejectUnauthorized: true },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

async function readBody(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (size > MAX_RESPONSE_BYTES) throw new Error('the response is too long');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('latin1');
}

/** Every line must be valid: a truncated response, or a proxy's error page, must not count as "not breached". */
function countOf(text: string, suffix: string): number {
  let count = 0;
  let lines = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, rest, seen] = LINE.exec(line) ?? [];
    if (rest === undefined) throw new Error('the response is not a list of hash suffixes');
    lines += 1;
    if (rest.toUpperCase() === suffix) count = Number(seen);
  }
  if (lines === 0) throw new Error('the response is empty');
  return count;
}
