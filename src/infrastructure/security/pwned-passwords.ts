import { createHash } from 'node:crypto';
import type { Dispatcher, Pool } from 'undici';
import type { Logger } from '../../domain/ports.ts';
import type { BreachAnswer, BreachedPasswords } from '../../domain/user/password.ts';
import { createCircuitBreaker } from '../../lib/circuit-breaker.ts';

/** Where the range API is, and how long one look-up may take. */
export interface PwnedPasswordsSettings {
  /** Base URL, `https://api.pwnedpasswords.com` or a mirror of it. */
  readonly url: string;
  /** Deadline of the whole look-up, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether a password that could not be looked up is accepted. */
  readonly failOpen: boolean;
}

/** What look-ups came to since the process began. */
export interface BreachLookUps {
  /** The API answered: the password is known, or is not. */
  readonly known: number;
  readonly unknown: number;
  /** Nobody can tell: no answer in time, no sensible one, or the breaker is open. */
  readonly unchecked: number;
}

/** The range API of Have I Been Pwned. */
export interface PwnedPasswords extends BreachedPasswords {
  /** Loads the HTTP library: better now than in the first look-up, whose deadline would go on meanwhile. */
  warm(): void;
  lookUps(): BreachLookUps;
  /** The breaker's state: while it is open, only a probe now and then asks. */
  breaker(): 'closed' | 'open';
  close(): Promise<void>;
}

/** A padded answer has some 1,000 lines of at most 50 bytes. */
const ANSWER_MAX_BYTES = 256 * 1024;
/** The rest of the hash, and how often it was seen; padding entries have the count 0. */
const LINE = /^([0-9A-F]{35}):(\d{1,12})$/i;
const PREFIX_LENGTH = 5;
const CONNECTIONS = 8;
const PROBE_INTERVAL_MS = 5_000;

/**
 * Looks passwords up by k-anonymity: the first 5 of the 40 hex digits of the SHA-1 leave the process, nothing else, and
 * padding keeps the size of the answer from telling them. Redirects are not followed: they could lead anywhere.
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
              ? 'the breached-password API does not answer; passwords pass unchecked'
              : 'the breached-password API does not answer; new passwords are refused',
          )
        : logger.info('the breached-password API answers again'),
  });
  const counts = { known: 0, unknown: 0, unchecked: 0 };
  let pool: Promise<Pool> | undefined;

  return {
    failOpen: settings.failOpen,
    async lookUp(password) {
      const answer = await look(password);
      counts[answer.checked ? (answer.count > 0 ? 'known' : 'unknown') : 'unchecked'] += 1;
      return answer;
    },
    warm: () => void opened().catch(() => {}), // the look-up reports it
    lookUps: () => ({ ...counts }),
    breaker: () => (breaker.isOpen() ? 'open' : 'closed'),
    async close() {
      await (await pool)?.destroy();
    },
  };

  function opened(): Promise<Pool> {
    pool ??= openPool(base.origin, settings.timeoutMs);
    return pool;
  }

  async function look(password: string): Promise<BreachAnswer> {
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
      const reason = error instanceof Error ? error.message : 'unknown';
      logger.warn('a password was not looked up', { reason });
      return { checked: false };
    }
  }

  async function fetchRange(prefix: string): Promise<string> {
    const signal = AbortSignal.timeout(settings.timeoutMs);
    const answer = await (await opened()).request({
      method: 'GET',
      path: `${prefixPath}/range/${prefix}`,
      headers: { 'add-padding': 'true', accept: 'text/plain', 'user-agent': 'user-service' },
      signal,
    });
    if (answer.statusCode !== 200) {
      // Unread, it would keep its connection; the error of an aborted body is of no interest.
      answer.body.on('error', () => {}).destroy();
      throw new Error(`the answer has the status ${answer.statusCode}`);
    }
    return await readAnswer(answer.body);
  }
}

/** Loads the library when it is first needed: most services never ask. */
async function openPool(origin: string, timeoutMs: number): Promise<Pool> {
  const undici = await import('undici');
  return new undici.Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

async function readAnswer(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).byteLength;
    // Leaving the loop destroys the body, and with it the connection.
    if (size > ANSWER_MAX_BYTES) throw new Error('the answer is too long');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('latin1');
}

/** Every line must make sense: half an answer, or a page of a proxy, must not pass for "not known". */
function countOf(text: string, suffix: string): number {
  let count = 0;
  let lines = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, rest, seen] = LINE.exec(line) ?? [];
    if (rest === undefined) throw new Error('the answer has not the form of a range');
    lines += 1;
    if (rest.toUpperCase() === suffix) count = Number(seen);
  }
  if (lines === 0) throw new Error('the answer is empty');
  return count;
}
