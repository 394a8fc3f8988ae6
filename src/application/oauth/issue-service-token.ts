import type { Scope } from '../../domain/access/scope.ts';
import type { Logger } from '../../domain/ports.ts';
import type { KeyedServiceAccount } from '../../domain/service-account/service-account-repository.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import type { Caller } from '../access/caller.ts';

interface Deps {
  readonly accessTokens: Pick<AccessTokens, 'issueForService'>;
  readonly accessTtlMs: number;
  readonly logger: Logger;
}

export interface ServiceToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scopes: readonly Scope[];
}

/** Issues an access token for an authenticated service account. It never outlives the key that it was issued for. */
export function createIssueServiceToken(deps: Deps) {
  return async (
    caller: Caller,
    account: KeyedServiceAccount,
    choice: { readonly scopes: readonly Scope[]; readonly audience: string | undefined },
  ): Promise<ServiceToken> => {
    const remainingMs = Math.min(deps.accessTtlMs, account.keyRemainingMs ?? Infinity);
    const expiresInSeconds = Math.max(1, Math.floor(remainingMs / 1_000));
    const { scopes, audience } = choice;
    const accessToken = await deps.accessTokens.issueForService({
      ...{ accountId: account.id, keyId: account.keyId, scopes, expiresInSeconds },
      ...(audience === undefined ? {} : { audience }),
    });
    deps.logger.info('service token issued', {
      request_id: caller.requestId,
      service_account_id: account.id,
      scopes: scopes.join(' '),
    });
    return { accessToken, expiresInSeconds, scopes };
  };
}
