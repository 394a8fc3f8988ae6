import type { Logger } from '../../domain/ports.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { FindByServiceKey } from '../access/verify-service-key.ts';
import { createAuthenticateClient } from './authenticate-client.ts';
import { createIssueServiceToken } from './issue-service-token.ts';
import { createRevokeToken } from './revoke-token.ts';

export interface OAuthPorts {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: SessionRepository;
  readonly unitOfWork: UnitOfWork;
  readonly findByServiceKey: FindByServiceKey;
  readonly accessTtlMs: number;
  readonly logger: Logger;
}

export function createOAuthUseCases(ports: OAuthPorts) {
  return {
    authenticateClient: createAuthenticateClient(ports),
    issueServiceToken: createIssueServiceToken(ports),
    revoke: createRevokeToken(ports),
  };
}
