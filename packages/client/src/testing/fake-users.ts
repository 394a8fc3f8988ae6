import type { FakeClock } from './fake-clock.ts';
import type { FakeEvents } from './fake-events.ts';
import { createId } from './fake-ids.ts';
import type { FakeRevocations } from './fake-revocations.ts';
import type { TestUser, TestUserFields } from './types.ts';

/** The users and their sessions. Each change appends the events and revocations that the service would. */
export interface FakeUsers {
  add(fields?: TestUserFields): TestUser;
  find(id: string): TestUser | undefined;
  /** All users, by id. */
  list(): readonly TestUser[];
  update(id: string, fields: Omit<TestUserFields, 'id' | 'status'>): TestUser;
  disable(id: string): TestUser;
  enable(id: string): TestUser;
  delete(id: string): void;
  startSession(userId: string): string;
  /** Does nothing for a session that has ended. */
  endSession(sessionId: string, reason: string): void;
  endSessions(userId: string, reason: string): void;
  endAllSessions(): void;
  hasSession(sessionId: string): boolean;
}

interface Deps {
  readonly clock: FakeClock;
  readonly events: FakeEvents;
  readonly revocations: FakeRevocations;
}

/** More sessions of a user that end together have one revocation, of the user. */
const MAX_SESSION_REVOCATIONS = 10;

export function createFakeUsers({ clock, events, revocations }: Deps): FakeUsers {
  const users = new Map<string, TestUser>();
  /** The user of each session. */
  const sessions = new Map<string, string>();

  function mustFind(id: string): TestUser {
    const user = users.get(id);
    if (user === undefined) throw new Error(`the fake has no user ${id}`);
    return user;
  }
  function change(id: string, fields: Partial<TestUser>, type: string, data: object): TestUser {
    const user = mustFind(id);
    const version = user.version + 1;
    const updatedAt = new Date(clock.nowMs()).toISOString();
    const changed = { ...user, ...fields, version, updated_at: updatedAt };
    users.set(id, changed);
    events.emit({ type, userId: id, userVersion: version, data });
    return changed;
  }
  function removeSession(sessionId: string, reason: string): void {
    const userId = sessions.get(sessionId) ?? '';
    sessions.delete(sessionId);
    const userVersion = users.get(userId)?.version ?? 1;
    const data = { reason, session_id: sessionId };
    events.emit({ type: 'session.ended', userId, userVersion, data });
  }
  function endSessions(userId: string, reason: string): void {
    const ended = [...sessions].filter(([, owner]) => owner === userId).map(([id]) => id);
    if (ended.length > MAX_SESSION_REVOCATIONS) revocations.revoke('user', userId);
    else for (const id of ended) revocations.revoke('session', id);
    for (const id of ended) removeSession(id, reason);
  }

  return {
    find: (id) => users.get(id),
    list: () => [...users.values()].sort((one, other) => (one.id < other.id ? -1 : 1)),
    hasSession: (sessionId) => sessions.has(sessionId),
    endSessions,
    add(fields = {}) {
      const user = newUser(users.size + 1, clock.nowMs(), fields);
      if (users.has(user.id)) throw new Error(`the fake has the user ${user.id} already`);
      users.set(user.id, user);
      const data = { status: user.status };
      events.emit({ type: 'user.created', userId: user.id, userVersion: 1, data });
      return user;
    },
    update(id, fields) {
      const type = 'email' in fields ? 'user.email_changed' : 'user.updated';
      return change(id, fields, type, { changed_fields: Object.keys(fields) });
    },
    disable(id) {
      mustFind(id);
      const user = change(id, { status: 'disabled' }, 'user.disabled', { until: null });
      endSessions(id, 'user_disabled');
      return user;
    },
    enable: (id) => change(id, { status: 'active' }, 'user.enabled', {}),
    delete(id) {
      const { version } = mustFind(id);
      endSessions(id, 'user_deleted');
      users.delete(id);
      events.emit({ type: 'user.deleted', userId: id, userVersion: version + 1 });
    },
    startSession(userId) {
      const user = mustFind(userId);
      if (user.status !== 'active') throw new Error(`the user ${userId} of the fake is disabled`);
      const id = createId(clock.nowMs());
      sessions.set(id, userId);
      const data = { session_id: id };
      events.emit({ type: 'session.started', userId, userVersion: user.version, data });
      return id;
    },
    endSession(sessionId, reason) {
      if (!sessions.has(sessionId)) return;
      revocations.revoke('session', sessionId);
      removeSession(sessionId, reason);
    },
    endAllSessions() {
      revocations.revoke('all', null);
      for (const id of [...sessions.keys()]) removeSession(id, 'ended_by_admin');
    },
  };
}

/** @param number - tells its values apart from those of other users */
function newUser(number: number, nowMs: number, fields: TestUserFields): TestUser {
  const now = new Date(nowMs).toISOString();
  return {
    id: createId(nowMs),
    first_name: 'Test',
    last_name: `User ${number}`,
    email: `user-${number}@example.com`,
    phone: null,
    locale: null,
    email_verified: false,
    status: 'active',
    version: 1,
    created_at: now,
    updated_at: now,
    ...fields,
  };
}
