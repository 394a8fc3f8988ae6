import type { Clock } from '../../domain/ports.ts';
import type { ServiceAccountRepository } from '../../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import { createIntrospectToken } from './introspect-token.ts';
import type { Revocations } from './revocations.ts';
import { createVerifyAccessToken, type VerifiedTokenCache } from './verify-access-token.ts';
import { createVerifyServiceKey, type ServiceAccountCache } from './verify-service-key.ts';

export interface AccessPorts {
  readonly accessTokens: AccessTokens;
  readonly sessions: SessionRepository;
  readonly revocations: Revocations;
  readonly verifiedTokens: VerifiedTokenCache;
  readonly serviceKeys: ServiceKeys;
  readonly serviceAccounts: ServiceAccountRepository;
  readonly knownServiceAccounts: ServiceAccountCache;
  readonly lifetimes: { readonly accessTtlMs: number };
  readonly clock: Clock;
}

export function createAccessUseCases(ports: AccessPorts) {
  const verifyAccessToken = createVerifyAccessToken({
    ...ports,
    verified: ports.verifiedTokens,
    accessTtlMs: ports.lifetimes.accessTtlMs,
  });
  return {
    verifyAccessToken,
    verifyServiceKey: createVerifyServiceKey({
      keys: ports.serviceKeys,
      accounts: ports.serviceAccounts,
      known: ports.knownServiceAccounts,
    }),
    introspectToken: createIntrospectToken({ verifyAccessToken }),
    publicKeys: () => ports.accessTokens.publicKeys(),
  };
}
