import { describe, expect, it } from 'vitest';
import { codeOf, createPerson, goodPassword, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

/**
 * One cheap hash at a time, and a wait of hundreds of them. The flood fills the queue on any machine: the queue is only
 * as long as can be served within the wait.
 */
const env = {
  PASSWORD_HASHING_SLOTS: '1',
  PASSWORD_HASHING_WAIT: '2s',
  PASSWORD_ARGON2_MEMORY_KIB: '7168',
  PASSWORD_ARGON2_ITERATIONS: '5',
  SERVER_REQUEST_TIMEOUT: '60s',
  SERVER_REQUEST_DEADLINE: '60s',
  SERVER_TRUSTED_PROXIES: '127.0.0.0/8',
};
const SENT_FIRST = 40;
const SENT_AFTER_EACH = 40;
const SIGN_INS = 5;
const TIMEOUT_MS = 90_000;

describe.each(APP_DATABASES)('a flood of sign-ins from one client on %s', (database) => {
  const api = useSharedApi(database, { env, hashing: 'configured' });

  function send(address: string, path: string, body: object) {
    return api().send('POST', path, { body, headers: { 'x-forwarded-for': address } });
  }

  /** Keeps the queue full from all over one /64: after each served sign-in, some more are sent. */
  function startFlood() {
    const outcomes = new Map<string, number>();
    const pending = new Set<Promise<void>>();
    let sent = 0;
    let isOver = false;

    async function signIn(): Promise<void> {
      sent += 1;
      const address = `2001:db8:1:2:${(sent % 0xffff).toString(16)}::1`;
      // Of other accounts each time: attempts of one account take turns.
      const body = { email: `stranger${sent}@example.com`, password: 'wrong password' };
      const answer = await send(address, '/v1/sessions', body);
      const outcome = `${answer.statusCode} ${codeOf(answer)}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (answer.statusCode === 401) start(SENT_AFTER_EACH);
    }

    function start(count: number): void {
      if (isOver) return;
      for (let started = 0; started < count; started += 1) {
        const work = signIn().finally(() => pending.delete(work));
        pending.add(work);
      }
    }

    start(SENT_FIRST);
    return {
      outcomes,
      async stop() {
        isOver = true;
        await Promise.all(pending);
      },
    };
  }

  it(
    'does not refuse a sign-in, registration or password change of another',
    async () => {
      const account = await api().register();
      const flood = startFlood();
      try {
        await expect
          .poll(() => flood.outcomes.get('503 overloaded') ?? 0, { timeout: TIMEOUT_MS })
          .toBeGreaterThan(0);
        const address = '2001:db8:1:3::1';
        let token = '';
        for (let count = 0; count < SIGN_INS; count += 1) {
          const { email, password } = account;
          const answer = await send(address, '/v1/sessions', { email, password });
          expect([answer.statusCode, codeOf(answer)]).toEqual([201, undefined]);
          token = answer.json().access_token;
        }
        expect((await send(address, '/v1/users', createPerson())).statusCode).toBe(201);
        const change = await api().send('PUT', `/v1/users/${account.id}/password`, {
          body: { current_password: account.password, new_password: `${goodPassword} too` },
          token,
          headers: { 'x-forwarded-for': address },
        });
        expect(change.statusCode).toBe(200);
      } finally {
        await flood.stop();
      }
      expect([...flood.outcomes.keys()].toSorted()).toEqual([
        '401 invalid_credentials',
        '503 overloaded',
      ]);
    },
    TIMEOUT_MS,
  );

  it('from behind one address is served as long as that is the only one', async () => {
    const accounts = await Promise.all([api().register(), api().register(), api().register()]);
    const answers = await Promise.all(
      accounts.map(({ email, password }) =>
        send('203.0.113.7', '/v1/sessions', { email, password }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201, 201]);
  });
});
