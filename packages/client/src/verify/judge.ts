import type { Result } from '../result.ts';
import type { Verified } from './claims.ts';
import type { StalePolicy } from './options.ts';
import { invalidToken, unavailable, type VerifyProblem } from './problems.ts';
import type { TokenIds } from './revocation-set.ts';
import type { Revocations } from './revocations.ts';

/** What a token says, or why it is refused. */
export type VerifyResult = Result<Verified, VerifyProblem>;

/** A token whose signature and claims were checked. */
export interface CheckedToken {
  readonly token: string;
  readonly result: { readonly ok: true; readonly data: Verified };
  /** When it is refused, in seconds since the epoch: `exp` and the tolerance. */
  readonly refusedAt: number;
  /** Null without a feed, and for the token of a service account, which no revocation concerns. */
  readonly ids: TokenIds | null;
}

interface JudgeDeps {
  /** Null without a feed. */
  readonly revocations: Revocations | null;
  readonly onStale: StalePolicy;
  readonly maxStalenessMs: number;
  /** Null when the service cannot be asked. */
  readonly introspect: ((token: string) => Promise<boolean | null>) | null;
  readonly epochSeconds: () => number;
}

/** Decides about a checked token by what is revoked. */
export type Judge = (
  checked: CheckedToken,
  nowSeconds: number,
) => VerifyResult | Promise<VerifyResult>;

export function createJudge(deps: JudgeDeps): Judge {
  const { revocations, onStale, maxStalenessMs, introspect, epochSeconds } = deps;

  function judge(checked: CheckedToken, nowSeconds: number): VerifyResult | Promise<VerifyResult> {
    if (checked.ids === null || revocations === null) return checked.result;
    if (revocations.isRevoked(checked.ids, nowSeconds)) return invalidToken('revoked');
    const current = revocations.state();
    if (current === 'fresh') return checked.result;
    return current === 'loading' ? afterLoad(checked, revocations) : decideStale(checked);
  }

  async function afterLoad(checked: CheckedToken, feed: Revocations): Promise<VerifyResult> {
    // The timers of the feed keep no process running; a caller that waits for this does.
    const waiting = setTimeout(() => {}, maxStalenessMs);
    await feed.settled;
    clearTimeout(waiting);
    if (feed.state() === 'loading') return decideStale(checked);
    return judge(checked, epochSeconds());
  }

  function decideStale({ token, result }: CheckedToken): VerifyResult | Promise<VerifyResult> {
    if (onStale === 'allow_until_exp') return result;
    if (onStale === 'fail_closed' || introspect === null) return unavailable('revocations');
    return introspect(token).then((isActive) => {
      if (isActive === null) return unavailable('introspection');
      return isActive ? result : invalidToken('revoked');
    });
  }

  return judge;
}
