import type { Bucket, BucketState, RateLimiter } from '../../domain/limits/rate-limiter.ts';
import { rateLimited } from '../../domain/rejections.ts';
import { clientNetworks } from '../../lib/client-network.ts';
import type { Caller, Quota } from '../access/caller.ts';
import { kindOf, POLICY_NAMES, type PolicyName, type PolicySettings } from './policies.ts';

/** A policy that a request counts against. */
export interface LimitedBy {
  readonly policy: PolicyName;
  /** The e-mail address in its canonical form, for the policies of accounts and pairs; the others need none. */
  readonly key?: string;
  /** Units that the request takes, 1 by default. */
  readonly cost?: number;
}

export interface LimitsDeps {
  readonly enabled: boolean;
  readonly policies: Readonly<Record<PolicyName, PolicySettings>>;
  /** Length of the narrowest IPv6 prefix that counts as one client, in bits. */
  readonly ipv6Prefix: number;
  readonly limiter: RateLimiter;
  /** Counts the requests of service accounts, in this process. */
  readonly serviceLimiter: { takeNow(buckets: readonly Bucket[]): readonly BucketState[] };
  /** Replaces an address in a key, so that no key contains personal data. */
  readonly hashKey: (text: string) => string;
}

export interface LimitsStats {
  /** Refused requests by the policy that refused them, since the start. */
  readonly refused: Readonly<Record<PolicyName, number>>;
}

export interface Limits {
  /**
   * Counts a request against all policies, or against none when one of them refuses it. Operators are not limited.
   * @throws DomainError `rate_limited`
   */
  check(caller: Caller, limits: readonly LimitedBy[]): Promise<void>;
  /**
   * Counts work for an account that was accepted before, so that a refusal tells no caller about the account.
   * @returns false when it is one too many
   */
  allow(policy: AccountPolicy, key: string): Promise<boolean>;
  /**
   * Counts a request of a service account. Each instance counts on its own, so that a read needs no round trip.
   * @throws DomainError `rate_limited`
   */
  checkService(caller: Pick<Caller, 'principal' | 'reportQuotas'>): void;
  stats(): LimitsStats;
}

/** Policies whose counter is that of an e-mail address. */
export type AccountPolicy = 'reset_account' | 'verification_account';

/** Budgets of the networks around a client, the narrowest first. */
const NETWORK_BUDGETS = [1, 4, 16];
/** Clients whose address is not known share one budget. */
const UNKNOWN_CLIENT = 'unknown';

/** A bucket, and how its policy is shown. */
interface Counted {
  readonly policy: PolicyName;
  readonly bucket: Bucket;
}

/** Counts requests by the policies of the configuration. */
export function createLimits(deps: LimitsDeps): Limits {
  const refused = Object.fromEntries(POLICY_NAMES.map((name) => [name, 0])) as Record<
    PolicyName,
    number
  >;

  function bucketsOf(
    caller: Pick<Caller, 'ip'>,
    { policy, key = '', cost = 1 }: LimitedBy,
  ): Counted[] {
    const { scope } = kindOf(policy);
    const counted = (name: string, factor = 1): Counted => {
      const { rate, perMs, burst } = deps.policies[policy];
      const intervalUs = Math.max(1, Math.ceil((perMs * 1_000) / (rate * factor)));
      const hashed = name === '' ? '' : `:${deps.hashKey(name)}`;
      return {
        policy,
        bucket: { key: `${policy}${hashed}`, intervalUs, burst: burst * factor, cost },
      };
    };
    if (scope === 'all') return [counted('')];
    if (scope === 'account') return [counted(key)];
    const networks =
      caller.ip === null ? [UNKNOWN_CLIENT] : clientNetworks(caller.ip, deps.ipv6Prefix);
    if (scope === 'pair') return [counted(`${networks[0]} ${key}`)];
    return networks.map((network, index) => counted(network, NETWORK_BUDGETS[index]));
  }

  /** Reports the quotas of the client. @throws DomainError `rate_limited` */
  function conclude(
    caller: Pick<Caller, 'reportQuotas'>,
    all: readonly Counted[],
    states: readonly BucketState[],
  ): void {
    const over = all.filter((_, index) => (states[index]?.waitUs ?? 0) > 0);
    if (over.length === 0) {
      caller.reportQuotas?.(quotasOf(all, states));
      return;
    }
    for (const policy of new Set(over.map((one) => one.policy))) refused[policy] += 1;
    const shown = all.map((one, index) => ((states[index]?.waitUs ?? 0) > 0 ? one : null));
    const quotas = quotasOf(
      shown.filter((one) => one !== null),
      states.filter((_, index) => shown[index] !== null),
    );
    caller.reportQuotas?.(quotas);
    const waitUs = Math.max(...states.map((state) => state.waitUs));
    throw rateLimited(
      toSeconds(waitUs),
      quotas.map(({ name }) => name),
    );
  }

  return {
    async check(caller, limits) {
      if (!deps.enabled || caller.principal.kind === 'operator') return;
      const all = limits.flatMap((limit) => bucketsOf(caller, limit));
      conclude(caller, all, await deps.limiter.take(all.map(({ bucket }) => bucket)));
    },
    async allow(policy, key) {
      if (!deps.enabled) return true;
      const all = bucketsOf({ ip: null }, { policy, key });
      const states = await deps.limiter.take(all.map(({ bucket }) => bucket));
      if (states.every(({ waitUs }) => waitUs === 0)) return true;
      refused[policy] += 1;
      return false;
    },
    checkService(caller) {
      if (!deps.enabled || caller.principal.kind !== 'service') return;
      const { rate, perMs, burst } = deps.policies.service_account;
      const intervalUs = Math.max(1, Math.ceil((perMs * 1_000) / rate));
      const bucket = { key: caller.principal.accountId, intervalUs, burst, cost: 1 };
      conclude(
        caller,
        [{ policy: 'service_account', bucket }],
        deps.serviceLimiter.takeNow([bucket]),
      );
    },
    stats: () => ({ refused: { ...refused } }),
  };
}

/** The quotas of the policies that are shown: of several networks, the one that allows the least. */
function quotasOf(all: readonly Counted[], states: readonly BucketState[]): Quota[] {
  const byName = new Map<string, Quota>();
  for (const [index, { policy, bucket }] of all.entries()) {
    const name = kindOf(policy).publicName;
    const state = states[index];
    if (name === undefined || state === undefined) continue;
    const quota = quotaOf(name, bucket, state);
    const known = byName.get(name);
    if (known === undefined || quota.remaining < known.remaining) byName.set(name, quota);
  }
  return [...byName.values()];
}

function quotaOf(name: string, bucket: Bucket, { waitUs, fillUs }: BucketState): Quota {
  const { intervalUs, burst } = bucket;
  const used = Math.ceil(fillUs / intervalUs);
  return {
    name,
    limit: burst,
    windowSeconds: toSeconds(intervalUs * burst),
    remaining: waitUs > 0 ? 0 : Math.max(0, burst - used),
    resetSeconds: toSeconds(waitUs > 0 ? waitUs : fillUs - (used - 1) * intervalUs),
  };
}

/** Whole seconds, never fewer than the time: a client that waits them is not refused again. */
function toSeconds(us: number): number {
  return Math.max(1, Math.ceil(us / 1_000_000));
}
