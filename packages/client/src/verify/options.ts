import type { NatsConnectionLike } from './revocations-nats.ts';
import type { ServiceKey } from './service-key.ts';

/** Where the service answers, and a key of it with the scope `tokens:introspect`. */
export interface ServiceAccess {
  /** Base address, such as `https://accounts.example.com`. */
  readonly url: string;
  readonly key: ServiceKey;
}

interface RevocationBounds {
  /** Most users and sessions in the set, 500,000 by default; beyond it, `onStale` decides. Each takes up to 60 bytes. */
  readonly maxEntries?: number;
  /** Milliseconds after which a feed that says nothing is lost, 5,000 by default, at least 1,000. */
  readonly maxStalenessMs?: number;
}

interface HttpRevocations extends RevocationBounds {
  readonly http: ServiceAccess;
  readonly nats?: never;
}

interface NatsRevocations extends RevocationBounds {
  readonly nats: {
    /** Of `@nats-io/transport-node`; the verifier does not close it. Needs the package `@nats-io/jetstream`. */
    readonly connection: NatsConnectionLike;
    /** `revocations.stream` of the service, `USERS_REVOKED` by default. */
    readonly stream?: string;
  };
  readonly http?: never;
}

/**
 * What happens to the token of a user while revocations may be missing:
 * - `fail_closed`: it is refused (503)
 * - `introspect`: the service is asked about each token
 * - `allow_until_exp`: it is accepted unless a known revocation concerns it
 */
export type StalePolicy = 'fail_closed' | 'introspect' | 'allow_until_exp';

/** The state of a verifier, for metrics and alarms. */
export interface VerifierState {
  /** `outdated`: the keys could not be fetched again, and the last good ones are used. */
  readonly keys: 'loading' | 'ready' | 'outdated';
  /** `off` without `revocations`. */
  readonly revocations: 'off' | 'loading' | 'fresh' | 'stale';
}

export interface VerifierOptions {
  /** `server.public_url` of the service, exactly: the `iss` of its tokens. */
  readonly issuer: string;
  /** The audience of your service, one of `tokens.audience`; with a list, a token for any of them is accepted. */
  readonly audience: string | readonly string[];
  /** `<issuer>/.well-known/jwks.json` by default. */
  readonly jwksUrl?: string;
  /** The feed of revocations. Without it, tokens of ended sessions are accepted until `exp`. */
  readonly revocations?: HttpRevocations | NatsRevocations;
  /** `fail_closed` by default. */
  readonly onStale?: StalePolicy;
  /** For `introspect`; `revocations.http` by default. */
  readonly introspection?: ServiceAccess;
  /** 60 by default, and at most: revocations are kept for a minute longer than tokens live. */
  readonly clockToleranceSeconds?: number;
  /** Verified tokens that are kept, 10,000 by default. Each takes about 2 KB. */
  readonly maxCachedTokens?: number;
  /** Called with the new state when it has changed. */
  readonly onChange?: (state: VerifierState) => void;
  readonly fetch?: typeof fetch;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}

/** The options with their defaults. */
export interface Settings {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly jwksUrl: string;
  readonly maxEntries: number;
  readonly maxStalenessMs: number;
  readonly onStale: StalePolicy;
  readonly introspection: ServiceAccess | null;
  readonly toleranceSeconds: number;
  readonly maxCachedTokens: number;
}

/** What `until` of an entry allows for the clock of a verifier. */
const MAX_TOLERANCE_SECONDS = 60;

/** @throws TypeError for options that can never work */
export function readOptions(options: VerifierOptions): Settings {
  const { issuer, revocations, onStale = 'fail_closed' } = options;
  const audiences = [options.audience].flat();
  const introspection = options.introspection ?? revocations?.http ?? null;
  const settings: Settings = {
    ...{ issuer, audiences, onStale, introspection },
    jwksUrl: options.jwksUrl ?? `${issuer}/.well-known/jwks.json`,
    maxEntries: revocations?.maxEntries ?? 500_000,
    maxStalenessMs: revocations?.maxStalenessMs ?? 5_000,
    toleranceSeconds: options.clockToleranceSeconds ?? MAX_TOLERANCE_SECONDS,
    maxCachedTokens: options.maxCachedTokens ?? 10_000,
  };
  assert(typeof issuer === 'string' && issuer !== '', 'issuer: the public URL of the service');
  const isNamed = (audience: unknown) => typeof audience === 'string' && audience !== '';
  assert(audiences.length > 0 && audiences.every(isNamed), 'audience: one name or a list of them');
  assert(URL.canParse(settings.jwksUrl), 'jwksUrl: an absolute URL');
  assertRange('clockToleranceSeconds', settings.toleranceSeconds, 0, MAX_TOLERANCE_SECONDS);
  assertRange('maxCachedTokens', settings.maxCachedTokens, 0, 1_000_000);
  assertRange('revocations.maxEntries', settings.maxEntries, 1, 10_000_000);
  assertRange('revocations.maxStalenessMs', settings.maxStalenessMs, 1_000, 3_600_000);
  const policies: readonly string[] = ['fail_closed', 'introspect', 'allow_until_exp'];
  assert(policies.includes(onStale), `onStale: one of ${policies.join(', ')}`);
  if (revocations !== undefined) {
    const feeds = [revocations.http, revocations.nats].filter((feed) => feed !== undefined);
    assert(feeds.length === 1, 'revocations: http or nats');
    assert(onStale !== 'introspect' || introspection !== null, 'introspection: with `introspect`');
  }
  for (const access of [revocations?.http, introspection]) {
    assert(access == null || URL.canParse(access.url), 'url: the absolute URL of the service');
  }
  return settings;
}

function assertRange(name: string, value: number, min: number, max: number): void {
  assert(Number.isInteger(value) && value >= min && value <= max, `${name}: ${min} to ${max}`);
}

function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new TypeError(`createVerifier: ${rule}`);
}
