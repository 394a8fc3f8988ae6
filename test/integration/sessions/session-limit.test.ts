import { describe, expect, it } from 'vitest';
import { patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

const MAX = 3;

describe.each(APP_DATABASES)('sessions.max_per_user on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...patientHashing, SESSIONS_MAX_PER_USER: String(MAX) },
  });

  const sessionsOf = (userId: string) =>
    api().sql<{ id: string }>('select id from sessions where user_id = $1', [userId]);

  it('a sign-in beyond it ends the least recently used session with its tokens', async () => {
    const account = await api().register();
    const [first, second, third] = [
      await api().signIn(account),
      await api().signIn(account),
      await api().signIn(account),
    ];
    const refreshed = await api().refresh(first.refresh_token);
    expect(await api().statusOf(second.access_token)).toBe(200);
    const fourth = await api().signIn(account);
    expect(await api().statusOf(second.access_token)).toBe(401);
    for (const { access_token } of [refreshed, third, fourth]) {
      expect(await api().statusOf(access_token)).toBe(200);
    }
    const ended = (await api().eventsOf(account.id)).filter(({ type }) => type === 'session.ended');
    expect(ended.map(({ data }) => data)).toEqual([
      { session_id: second.session_id, reason: 'session_limit' },
    ]);
  });

  it('32 parallel sign-ins leave no more than it', async () => {
    const account = await api().register();
    await Promise.all(Array.from({ length: 32 }, () => api().signIn(account)));
    expect(await sessionsOf(account.id)).toHaveLength(MAX);
    const events = await api().eventsOf(account.id);
    expect(events.filter(({ type }) => type === 'session.ended')).toHaveLength(32 - MAX);
  });

  it('an account with many more is trimmed by 1,000 a sign-in', async () => {
    const account = await api().register();
    await api().sql(
      `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
       select gen_random_uuid(), $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea
       from generate_series(1, 1500)`,
      [account.id],
    );
    await api().signIn(account);
    expect(await sessionsOf(account.id)).toHaveLength(501);
    const newest = await api().signIn(account);
    expect(await sessionsOf(account.id)).toHaveLength(MAX);
    expect(await api().statusOf(newest.access_token)).toBe(200);
  });
});
