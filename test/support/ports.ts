import type { Caller, Principal } from '../../src/application/access/caller.ts';
import type { AdministrativeActs, NewAct } from '../../src/domain/administrative-acts.ts';
import type { DomainEvent } from '../../src/domain/events.ts';
import type { InvitationRepository } from '../../src/domain/invitation/invitation.ts';
import type { NewMail } from '../../src/domain/mail.ts';
import type { ServiceAccountRepository } from '../../src/domain/service-account/service-account-repository.ts';
import type { SessionEnding } from '../../src/domain/session/session-ending.ts';
import type { SessionRepository } from '../../src/domain/session/session-repository.ts';
import type { UnitOfWork } from '../../src/domain/unit-of-work.ts';
import type { PasswordHasher, PasswordHashing } from '../../src/domain/user/password-hasher.ts';
import type { RegistrationRequestRepository } from '../../src/domain/user/registration-request.ts';
import { User, type UserState } from '../../src/domain/user/user.ts';
import type { Credentials, UserRepository } from '../../src/domain/user/user-repository.ts';
import type { ChallengeRequest, NewChallenge } from '../../src/domain/verification/challenge.ts';
import type { ChallengeRepository } from '../../src/domain/verification/challenge-repository.ts';
import type { WebhookLog } from '../../src/domain/webhook/webhook-delivery.ts';
import type { WebhookEndpointRepository } from '../../src/domain/webhook/webhook-endpoint.ts';
import { profileWith } from './profiles.ts';

/** Neither sends a mail at registration nor requires a verified address. */
export const noVerification = {
  registration: { verificationMail: false, requireVerifiedEmail: false, existingEmail: 'reveal' },
  registrationRequests: {
    add: async () => ({ challengeId: '', expiresInSeconds: 0 }),
    announce: () => {},
    onAnnounced: () => {},
  },
  challengeRequests: {
    add: async () => ({ challengeId: '', expiresInSeconds: 0 }),
    addIfPossible: async () => {},
    announce: () => {},
    onAnnounced: () => {},
  },
} as const;

/** A port with some of its methods; a call of another one throws. */
export function portWith<T extends object>(methods: Partial<T>): T {
  return new Proxy(methods, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name);
      throw new Error(`unexpected call of ${String(name)}`);
    },
  }) as T;
}

export function callerWith(principal: Principal): Caller {
  return { principal, requestId: 'request-1', ip: '192.0.2.1', userAgent: 'test' };
}

export const anonymous = callerWith({ kind: 'anonymous' });

/** A stored user at version 1 whose password is `right`, as `plainHasher` hashes it. */
export function storedUser(state: Partial<UserState> = {}): UserState {
  const time = new Date('2026-01-01T00:00:00Z');
  return {
    id: '0190a0a0-0000-7000-8000-000000000001',
    ...profileWith(),
    emailVerified: false,
    status: 'active',
    version: 1,
    createdAt: time,
    updatedAt: time,
    passwordHash: 'new:right',
    passwordForm: 1,
    expiredPasswordHash: null,
    disabledUntil: null,
    disablingIsOver: false,
    ...state,
  };
}

/** The credentials that a sign-in reads of a user. */
export function credentialsOf(user: UserState): Credentials {
  const { id, emailVerified, version, passwordHash, passwordForm, expiredPasswordHash } = user;
  const status = user.disablingIsOver ? 'active' : user.status;
  return {
    userId: id,
    status,
    emailVerified,
    version,
    passwordHash,
    passwordForm,
    expiredPasswordHash,
  };
}

/**
 * A hasher that only prefixes the password with `new:`; `old:` marks outdated parameters. It records its calls.
 * `replace` makes other functions of them.
 */
export function createPlainHasher(
  replace: (plain: PasswordHashing) => Partial<PasswordHashing> = () => ({}),
) {
  const calls: string[] = [];
  const plain: PasswordHashing = {
    async hash(password) {
      calls.push('hash');
      return `new:${password}`;
    },
    async verify(password, hash) {
      calls.push('verify');
      return hash.slice(4) === password;
    },
    async verifyDummyHash() {
      calls.push('verifyDummyHash');
      return false;
    },
  };
  const hasher: PasswordHasher = {
    reserve: (_requester, work) => work({ ...plain, ...replace(plain) }),
    unusableHash: () => 'new:no password',
    isVerifiable: (hash) => /^(?:new|old):/.test(hash),
    isOutdated: (hash) => hash.startsWith('old:'),
  };
  return { ...hasher, calls };
}

/** One user's row, and the effects of transactions. A test changes `row` to simulate another writer. */
export interface MemoryStore {
  row: UserState | null;
  readonly events: DomainEvent[];
  readonly mails: NewMail[];
  readonly acts: NewAct[];
  readonly requests: ChallengeRequest[];
  readonly challenges: NewChallenge[];
  readonly statements: string[];
  readonly unitOfWork: UnitOfWork;
}

/** Creates a unit of work over one row. It does not roll back: tests of rollbacks use a real database. */
export function createMemoryStore(
  row: UserState | null,
  sessions: Partial<SessionRepository> = {},
  sessionEnding: Partial<SessionEnding> = {},
): MemoryStore {
  const store = {
    row,
    events: [] as DomainEvent[],
    mails: [] as NewMail[],
    acts: [] as NewAct[],
    requests: [] as ChallengeRequest[],
    challenges: [] as NewChallenge[],
    statements: [] as string[],
  };
  const save = (user: User): void => {
    store.row = user.state;
  };
  const users = portWith<UserRepository>({
    async lockById(id) {
      store.statements.push('lock');
      return store.row?.id === id ? User.restore(store.row) : null;
    },
    async updatePassword(user) {
      store.statements.push('updatePassword');
      save(user);
    },
    async updatePasswordHash(_id, fromHash, toHash) {
      store.statements.push('updatePasswordHash');
      if (store.row?.passwordHash !== fromHash) return false;
      store.row = { ...store.row, passwordHash: toHash };
      return true;
    },
    async delete() {
      store.row = null;
    },
  });
  return Object.assign(store, {
    unitOfWork: {
      run: (_context, work) =>
        work({
          users,
          sessions: portWith<SessionRepository>(sessions),
          sessionEnding: portWith<SessionEnding>(sessionEnding),
          invitations: portWith<InvitationRepository>({}),
          signInFailures: { clear: async () => {}, clearAll: async () => {} },
          serviceAccounts: portWith<ServiceAccountRepository>({}),
          webhookEndpoints: portWith<WebhookEndpointRepository>({}),
          webhookLog: portWith<WebhookLog>({}),
          updateUser: async (user) => {
            store.statements.push('update');
            save(user);
            store.events.push(...user.takeEvents());
          },
          commitWithNext: () => void store.statements.push('commit with next'),
          outbox: {
            async append(events) {
              store.events.push(...events);
            },
          },
          mail: {
            async enqueue(mails) {
              store.mails.push(...mails);
            },
          },
          acts: portWith<AdministrativeActs>({
            async record(act) {
              store.acts.push(act);
            },
          }),
          registrationRequests: portWith<RegistrationRequestRepository>({}),
          challenges: portWith<ChallengeRepository>({
            async request(request) {
              store.requests.push(request);
              return true;
            },
            async insert(challenge) {
              store.challenges.push(challenge);
            },
            deleteLive: async () => {},
            isReserved: async () => false,
          }),
        }),
    } satisfies UnitOfWork,
  });
}
