import type { Clock } from '../../domain/ports.ts';
import type { ServiceAccountRepository } from '../../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import { createIntrospectToken } from './introspect-token.ts';
import { createReadRevocations, type ReadRevocationsPorts } from './read-revocations.ts';
import type { RequireFresh } from './require-fresh.ts';
import type { Revocations } from './revocations.ts';
import { createVerifyAccessToken, type VerifiedTokenCache } from './verify-access-token.ts';
import {
  createFindByServiceKey,
  createVerifyServiceKey,
  type KeyUsage,
  type ServiceAccountCache,
} from './verify-service-key.ts';
import { createVerifyServiceToken, type ServiceTokenCache } from './verify-service-token.ts';

export interface AccessPorts extends ReadRevocationsPorts {
  readonly accessTokens: AccessTokens;
  readonly sessions: SessionRepository;
  readonly revocations: Revocations;
  readonly verifiedTokens: VerifiedTokenCache;
  readonly serviceKeys: ServiceKeys;
  readonly serviceAccounts: ServiceAccountRepository;
  readonly knownServiceAccounts: ServiceAccountCache;
  readonly serviceTokens: ServiceTokenCache;
  readonly keyUsage: KeyUsage;
  readonly lifetimes: { readonly accessTtlMs: number };
  /** `tokens.audience`; the first one is this service. */
  readonly audiences: readonly string[];
  readonly requireFresh: RequireFresh;
  readonly clock: Clock;
}

export function createAccessUseCases(ports: AccessPorts) {
  const findByServiceKey = createFindByServiceKey({
    keys: ports.serviceKeys,
    accounts: ports.serviceAccounts,
    known: ports.knownServiceAccounts,
    usage: ports.keyUsage,
  });
  const verifyAccessToken = createVerifyAccessToken({
    ...ports,
    verifyServiceToken: createVerifyServiceToken({
      accounts: ports.serviceAccounts,
      known: ports.serviceTokens,
    }),
    verified: ports.verifiedTokens,
    // The configuration refuses an empty list.
    ownAudience: ports.audiences[0] ?? '',
    accessTtlMs: ports.lifetimes.accessTtlMs,
  });
  return {
    verifyAccessToken,
    verifyServiceKey: createVerifyServiceKey(findByServiceKey),
    findByServiceKey,
    introspectToken: createIntrospectToken({ verifyAccessToken }),
    requireFresh: ports.requireFresh,
    readRevocations: createReadRevocations(ports),
    publicKeys: () => ports.accessTokens.publicKeys(),
  };
}
