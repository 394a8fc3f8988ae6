import type { ActReader } from '../../domain/administrative-acts.ts';
import type { InvitationRepository, InvitationTokens } from '../../domain/invitation/invitation.ts';
import type { AccountKeys, SignInFailures } from '../../domain/lockout/sign-in-failures.ts';
import type { Clock, IdGenerator, Logger } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { StoredUserReader } from '../../domain/user/stored-user.ts';
import type { UserReader, UserRepository } from '../../domain/user/user-repository.ts';
import type { UserTextReader } from '../../domain/user/user-texts.ts';
import type { Semaphore } from '../../lib/semaphore.ts';
import { createListActs } from '../administrative-acts.ts';
import type { Limits } from '../limits/limits.ts';
import type { Lockout } from '../lockout/lockout.ts';
import type { IssueTokens } from '../sessions/issue-tokens.ts';
import type { StartSession } from '../sessions/start-session.ts';
import type { AnnounceEmailChange } from '../verification/announce-email-change.ts';
import type { ChallengeRequests } from '../verification/challenge-requests.ts';
import type { VerificationOfRegistrations } from '../verification/challenge-settings.ts';
import { createAuditStoredUsers } from './audit-stored-users.ts';
import { createChangePassword } from './change-password.ts';
import { createDeleteUser } from './delete-user.ts';
import { createDisableUser } from './disable-user.ts';
import { createEnableUsersInTime } from './enable-users-in-time.ts';
import { createExpirePassword } from './expire-password.ts';
import { createExportUsers, type ExportPorts } from './export-users.ts';
import { createGetPublicProfiles } from './get-public-profiles.ts';
import { createGetUser } from './get-user.ts';
import { createGetUsers } from './get-users.ts';
import { createListUsers } from './list-users.ts';
import type { PasswordRules } from './password-rules.ts';
import type { Reauthenticate } from './reauthenticate.ts';
import { createRegisterUser, type RegistrationMode } from './register-user.ts';
import type { RegistrationRequests } from './registration-requests.ts';
import { createSendPasswordReset } from './send-password-reset.ts';
import { createUpdateUser } from './update-user.ts';

export interface UserPorts extends Omit<ExportPorts, 'users'> {
  readonly users: UserRepository;
  /** Reads that may come from a cache. */
  readonly userReader: Pick<UserReader, 'findByEmail' | 'list' | 'search'>;
  /** Reads as texts of responses, which may come from a cache. */
  readonly userTexts: UserTextReader;
  readonly storedUsers: StoredUserReader;
  /** Bounds the searches at the same time. */
  readonly searches: Semaphore;
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly signInFailures: SignInFailures;
  readonly lockout: Lockout;
  readonly accountKeys: AccountKeys;
  readonly hasher: PasswordHasher;
  readonly profileRules: ProfileRules;
  readonly passwordRules: PasswordRules;
  readonly registrationMode: RegistrationMode;
  readonly invitations: InvitationRepository;
  readonly invitationTokens: InvitationTokens;
  readonly startSession: StartSession;
  readonly issueTokens: IssueTokens;
  readonly reauthenticate: Reauthenticate;
  readonly challengeRequests: ChallengeRequests;
  readonly registrationRequests: RegistrationRequests;
  readonly serveRegistrations: () => Promise<void>;
  readonly announceEmailChange: AnnounceEmailChange;
  readonly registration: VerificationOfRegistrations;
  readonly ids: IdGenerator;
  readonly acts: ActReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createUserUseCases(ports: UserPorts) {
  const { users, userReader, userTexts, unitOfWork, reauthenticate, profileRules, clock } = ports;
  const { disable, enable } = createDisableUser({ unitOfWork, clock });
  const deletion = createDeleteUser({ unitOfWork, reauthenticate, clock });
  return {
    register: createRegisterUser(ports),
    serveRegistrations: ports.serveRegistrations,
    onRegistrationRequest: ports.registrationRequests.onAnnounced,
    get: createGetUser({ texts: userTexts }),
    list: createListUsers({ users: userReader, profileRules, searches: ports.searches }),
    getPublicProfiles: createGetPublicProfiles({ texts: userTexts }),
    getMany: createGetUsers(ports),
    exportAll: createExportUsers(ports),
    update: createUpdateUser({
      ...{ users, unitOfWork, reauthenticate, profileRules, clock },
      ...{ limits: ports.limits, announceEmailChange: ports.announceEmailChange },
      requireVerifiedEmail: ports.registration.requireVerifiedEmail,
    }),
    changePassword: createChangePassword(ports),
    deleteOwn: deletion.own,
    deleteAny: deletion.any,
    ...{ disable, enable },
    enableInTime: createEnableUsersInTime({ ...ports, newRequestId: () => ports.ids.next() }),
    expirePassword: createExpirePassword(ports),
    sendPasswordReset: createSendPasswordReset(ports),
    listActs: createListActs(ports),
    auditStored: createAuditStoredUsers(ports),
  };
}
