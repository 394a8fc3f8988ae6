import { describe, expect, it } from 'vitest';
import type { DomainEvent, RecordedEvent } from '../domain/events.ts';
import type { EndedSessions } from '../domain/session/session-ending.ts';
import { createAfterCommit } from './after-commit.ts';

function recorded(...events: readonly DomainEvent[]): readonly RecordedEvent[] {
  return events.map((event, index) => ({
    id: `event ${index}`,
    event,
    time: new Date(0),
    requestId: 'request-1',
  }));
}

const changed = (userId: string): DomainEvent => ({
  type: 'user.updated',
  userId,
  userVersion: 2,
  data: { changed_fields: ['phone'] },
});
const ended = (userId: string, ...sessionIds: readonly string[]): EndedSessions => ({
  userId,
  count: sessionIds.length,
  sessionIds,
  endedAt: 100,
  notBefore: null,
});
const deleted = (userId: string): DomainEvent => ({
  type: 'user.deleted',
  userId,
  userVersion: 2,
  data: {},
});
const refused: DomainEvent = {
  type: 'authentication.failed',
  userId: null,
  userVersion: null,
  data: { reason: 'unknown_email', suppressed: 0 },
};

/** The steps in the order in which they end. */
function setUp(invalidate: (userId: string) => Promise<unknown> = async () => {}) {
  const steps: string[] = [];
  const afterCommit = createAfterCommit({
    revocations: { add: (sessionIds) => void steps.push(`revoke ${[...sessionIds].join(' ')}`) },
    verifiedTokens: {
      forgetUser: (userId) => void steps.push(`forget tokens of ${userId}`),
      clear: () => void steps.push('forget all tokens'),
    },
    announceRevocations: (entries) => {
      const keys = entries.map(({ kind, id, until }) => `${kind} ${id} until ${until}`);
      steps.push(`announce ${keys.join(', ')}`);
    },
    onAllRevoked: () => void steps.push('delete all sessions'),
    revocationLifeMs: 60_000,
    async invalidateUser(userId) {
      await invalidate(userId);
      steps.push(`invalidate ${userId}`);
    },
    notifyRelay: () => void steps.push('notify'),
  });
  return { afterCommit, steps };
}

describe('after a commit', () => {
  it('sessions are revoked here and announced, then users are invalidated, then the relay is notified', async () => {
    const { afterCommit, steps } = setUp(() => new Promise((resolve) => setImmediate(resolve)));
    await afterCommit.onCommitted(recorded(changed('ann'), changed('ann'), refused), [
      ended('ann', 's1', 's2'),
    ]);
    expect(steps).toEqual([
      'revoke s1 s2',
      'announce session s1 until 160, session s2 until 160',
      'invalidate ann',
      'notify',
    ]);
  });

  it('the events of a session and of a failed sign-in invalidate no user', async () => {
    const { afterCommit, steps } = setUp();
    await afterCommit.onCommitted(recorded(refused), [ended('ann', 's1')]);
    expect(steps).toEqual(['revoke s1', 'announce session s1 until 160', 'notify']);
  });

  it('the tokens of a deleted user are verified again, whether or not its sessions are listed', async () => {
    const { afterCommit, steps } = setUp();
    await afterCommit.onCommitted(recorded(deleted('ann')), [ended('bob', 's1')]);
    expect(steps).toEqual([
      'revoke s1',
      'forget tokens of ann',
      'announce session s1 until 160',
      'invalidate ann',
      'notify',
    ]);
  });

  it('the tokens of a user with too many ended sessions to list are verified again', async () => {
    const { afterCommit, steps } = setUp();
    const many = { ...ended('bob'), count: 400_000, sessionIds: null };
    await afterCommit.onCommitted(recorded(), [ended('ann', 's1'), many]);
    expect(steps).toEqual([
      'revoke s1',
      'forget tokens of bob',
      'announce session s1 until 160',
      'notify',
    ]);
  });

  it('one announcement stands for many sessions of a user, and one for all tokens', async () => {
    const { afterCommit, steps } = setUp();
    const many = { ...ended('bob', 's1', 's2'), notBefore: 90 };
    await afterCommit.onCommitted(recorded(), [many], 101);
    expect(steps).toEqual([
      'revoke s1 s2',
      'forget all tokens',
      'delete all sessions',
      'announce user bob until 150, all null until 161',
      'notify',
    ]);
  });

  it('the relay is notified even when an invalidation fails, and the caller gets the error', async () => {
    const { afterCommit, steps } = setUp(() => Promise.reject(new Error('broken')));
    await expect(afterCommit.onCommitted(recorded(changed('ann')), [])).rejects.toThrow('broken');
    expect(steps).toEqual(['revoke ', 'notify']);
  });
});

describe('after a commit of unknown outcome', () => {
  it('the tokens of every user that an event names are verified again, then its copies are invalidated; no session is revoked', async () => {
    const { afterCommit, steps } = setUp();
    await afterCommit.onUnknownOutcome(recorded(deleted('ann'), refused), [ended('bob', 's1')]);
    expect(steps).toEqual([
      'forget tokens of ann',
      'forget tokens of bob',
      'invalidate ann',
      'invalidate bob',
    ]);
  });
});
