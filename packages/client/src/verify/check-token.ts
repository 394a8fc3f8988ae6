import type { VerificationKey } from './algorithms.ts';
import { readClaims } from './claims.ts';
import type { CheckedToken, Judge, VerifyResult } from './judge.ts';
import type { KeySet } from './key-set.ts';
import type { Settings } from './options.ts';
import { type InvalidToken, invalidToken, type Refused, unavailable } from './problems.ts';
import { tokenIds } from './revocation-set.ts';
import { checkSignature, type ParsedToken, parseJsonObject, parseToken } from './token.ts';

interface CheckDeps {
  readonly keys: KeySet;
  readonly settings: Settings;
  /** Whether revocations are known. */
  readonly hasFeed: boolean;
  readonly judge: Judge;
  readonly epochSeconds: () => number;
  readonly onSignature: () => void;
  readonly onChecked: (checked: CheckedToken) => void;
}

/** Creates the check of a token that is not in the cache: its signature and claims, then its revocation. */
export function createTokenCheck(deps: CheckDeps) {
  const { keys, settings, hasFeed, judge, epochSeconds } = deps;

  function check(
    parsed: ParsedToken,
    key: VerificationKey,
    token: string,
  ): VerifyResult | Promise<VerifyResult> {
    deps.onSignature();
    const checked = read(parsed, key, token);
    if ('ok' in checked) return checked;
    deps.onChecked(checked);
    return judge(checked, epochSeconds());
  }

  function read(
    parsed: ParsedToken,
    key: VerificationKey,
    token: string,
  ): CheckedToken | Refused<InvalidToken> {
    const refusal = checkSignature(parsed, key);
    if (refusal !== null) return refusal;
    const payload = parseJsonObject(parsed.payload);
    if (payload === null) return invalidToken('malformed');
    const data = readClaims(payload, settings, epochSeconds());
    if ('ok' in data) return data;
    return {
      token,
      result: Object.freeze({ ok: true, data }),
      refusedAt: data.claims.exp + settings.toleranceSeconds,
      ids: data.kind === 'user' && hasFeed ? tokenIds(data) : null,
    };
  }

  /** The key may be a new one that could not be fetched: then it is not known whether the token is valid. */
  const withoutKey = () =>
    keys.state() === 'ready' ? invalidToken('unknown_key') : unavailable('keys');

  return (token: string): VerifyResult | Promise<VerifyResult> => {
    const parsed = parseToken(token);
    if ('ok' in parsed) return parsed;
    const key = keys.find(parsed.kid);
    if (key !== undefined) return check(parsed, key, token);
    if (!keys.mayLearn()) return withoutKey();
    return keys.findLater(parsed.kid).then((found) => {
      return found === undefined ? withoutKey() : check(parsed, found, token);
    });
  };
}
