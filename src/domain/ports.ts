import type { DomainEvent } from './events.ts';
import type { PreparedPassword } from './user/password.ts';

/** Wall-clock time. */
export interface Clock {
  now(): Date;
}

/** Makes ids. */
export interface IdGenerator {
  /** A UUID. Of rows and events it is version 7 (RFC 9562 §5.7): ids made later sort later, to the millisecond. */
  next(): string;
}

/** Structured fields of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line an event. Secrets and personal data never belong in fields; known ones are redacted all the same. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

/** Hashes passwords slowly, a bounded number at a time. */
export interface PasswordHasher {
  /** @throws DomainError `overloaded` when no slot came free in time. */
  hash(password: PreparedPassword): Promise<string>;
  /** @throws DomainError `overloaded` */
  verify(password: PreparedPassword, hash: string): Promise<boolean>;
  /**
   * Takes as long as `verify` and is always false: for accounts that do not exist (OWASP ASVS 6.3.8).
   * @throws DomainError `overloaded`
   */
  verifyNothing(password: PreparedPassword): Promise<false>;
  /** Whether a hash has older parameters than new ones get. */
  isOutdated(hash: string): boolean;
}

/** The claims of a valid access token. */
export interface AccessTokenClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly clientId: string;
  readonly tokenId: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** A public key set (RFC 7517). */
export interface JsonWebKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Issues and verifies access tokens (RFC 9068). */
export interface AccessTokens {
  issue(grant: {
    readonly userId: string;
    readonly sessionId: string;
    readonly expiresInSeconds: number;
  }): Promise<string>;
  /** @returns null for whatever is not an access token of ours that is valid now. */
  verify(token: string): Promise<AccessTokenClaims | null>;
  publicKeys(): Promise<JsonWebKeySet>;
}

/** Makes and reads refresh tokens: 256 random bits, their session, and a proof that we made them. */
export interface RefreshTokens {
  create(sessionId: string): { readonly token: string; readonly hash: Uint8Array };
  /** @returns null for whatever we did not make. */
  read(token: string): { readonly sessionId: string; readonly hash: Uint8Array } | null;
  /** Seals a token so that only its predecessor opens it. */
  seal(successor: string, predecessor: string): Uint8Array;
  /** @returns null when the seal does not fit the predecessor. */
  open(sealed: Uint8Array, predecessor: string): string | null;
}

/** Makes service keys (`usk_…`) and the hashes they are found by. */
export interface ServiceKeys {
  create(): { readonly key: string; readonly hash: Uint8Array };
  /** @returns null for whatever has not the form of a service key. */
  hash(key: string): Uint8Array | null;
}

/** A signing key as stored: the private half encrypted under the master key. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: 'EdDSA';
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly encryptedPrivateKey: Uint8Array;
  readonly status: 'signing' | 'verifying';
  readonly createdAt: Date;
}

/** The signing keys that all instances share. */
export interface SigningKeyRepository {
  list(): Promise<readonly StoredSigningKey[]>;
  /** Stores the first signing key. @returns false when another instance was faster: list again and use its key. */
  insertSigning(key: Omit<StoredSigningKey, 'status' | 'createdAt'>): Promise<boolean>;
}

/** An event that a transaction committed, as the outbox holds it. */
export interface RecordedEvent {
  readonly id: string;
  readonly event: DomainEvent;
  readonly time: Date;
  readonly requestId: string;
}

/** Carries committed events to whoever listens. */
export interface EventPublisher {
  /** Resolves when every event is handed over; rejects when that is not known. */
  publish(events: readonly RecordedEvent[]): Promise<void>;
}

/** The answer of `Cache.get`. */
export type CacheLookup =
  | { readonly kind: 'hit'; readonly value: string }
  /** Nothing is cached: the caller loads the value and may fill it in under this lease. */
  | { readonly kind: 'lease'; readonly lease: string }
  /** Somebody else is loading it: read the source and do not fill. */
  | { readonly kind: 'busy' };

/** A value that was loaded under a lease. */
export interface CacheFill {
  readonly key: string;
  readonly lease: string;
  readonly value: string;
  readonly ttlMs: number;
}

/**
 * Copies of what the database holds. A key holds a value or a lease; a fill succeeds only under its own lease, and an
 * invalidation removes either one, so that no slow reader can bring an old value back.
 */
export interface Cache {
  get(key: string): Promise<CacheLookup>;
  /**
   * Looks up many keys for hardly more than the price of one. @returns an answer for each, in their order, `busy` where
   * there was none. Rejects only when there was none at all.
   */
  getMany(keys: readonly string[]): Promise<readonly CacheLookup[]>;
  /** @returns false when the lease is gone: the value may be old and was not kept. */
  fill(key: string, lease: string, value: string, ttlMs: number): Promise<boolean>;
  /** As `fill`, at the price of one. @returns how many were kept. */
  fillMany(fills: readonly CacheFill[]): Promise<number>;
  invalidate(keys: readonly string[]): Promise<void>;
}

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same at every attempt, so that a second copy is recognised as one (RFC 5322 §3.6.4); without `<` and `>`. */
  readonly messageId?: string;
}

/** Hands mail to its next hop. */
export interface Mailer {
  /**
   * Resolves when the next hop is responsible for the mail. Gives up when the signal aborts.
   * @throws MailRefused when it will never be taken; anything else when it was not, or nobody knows.
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>;
}

/** One dependency's own test that it works. */
export interface HealthCheck {
  readonly name: 'database' | 'cache' | 'messaging';
  /** Which implementation runs, such as `postgres` or `memory`. */
  readonly driver: string;
  /** Without it nothing can be answered; others only degrade. */
  readonly required: boolean;
  /** Resolves when the dependency answered. Honours the signal. */
  check(signal: AbortSignal): Promise<void>;
}
