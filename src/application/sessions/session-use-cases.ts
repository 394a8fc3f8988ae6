import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type {
  SessionLifetimes,
  SessionRepository,
} from '../../domain/session/session-repository.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { SnapshotHistory } from '../access/snapshot-history.ts';
import { createEndSessions } from './end-sessions.ts';
import { createIssueTokens } from './issue-tokens.ts';
import { createListSessions } from './list-sessions.ts';
import type { RecordFailedAuthentication } from './record-failed-authentication.ts';
import { createRefreshSession } from './refresh-session.ts';
import { createSignIn } from './sign-in.ts';

export interface SessionPorts {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly unitOfWork: UnitOfWork;
  readonly hasher: PasswordHasher;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly recordFailure: RecordFailedAuthentication;
  readonly lifetimes: SessionLifetimes & {
    readonly accessTtlMs: number;
    readonly refreshGraceMs: number;
  };
  readonly snapshots: Pick<SnapshotHistory, 'before'>;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

export function createSessionUseCases(ports: SessionPorts) {
  const { idleTtlMs, refreshGraceMs, accessTtlMs } = ports.lifetimes;
  const issueTokens = createIssueTokens({ accessTokens: ports.accessTokens, accessTtlMs });
  const listing = createListSessions(ports);
  const ending = createEndSessions(ports);
  return {
    signIn: createSignIn({ ...ports, issueTokens }),
    refresh: createRefreshSession({ ...ports, issueTokens, idleTtlMs, refreshGraceMs }),
    listOwn: listing.own,
    listOfUser: listing.ofUser,
    endOwn: ending.own,
    endOfUser: ending.ofUser,
  };
}
