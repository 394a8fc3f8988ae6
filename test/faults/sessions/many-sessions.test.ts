import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { cheapHashing } from '../support.ts';

const SESSIONS = Number(process.env.FAULTS_SESSIONS ?? '20000');

describe.each(['a password change', 'a sign-out everywhere', 'a deletion'] as const)(
  `%s of an account with ${SESSIONS} sessions`,
  (step) => {
    it('ends all of them, each with its event and revocation', async () => {
      const api = createApi(
        await useTestApp({
          hashing: 'configured',
          database: 'postgres',
          env: { ...patientHashing, ...cheapHashing },
        }),
      );
      const { id, password: current_password, ...account } = await api.register();
      const grant = await api.signIn({ ...account, password: current_password });
      // In parts, so that no statement meets its timeout.
      for (let inserted = 0; inserted < SESSIONS; inserted += 20_000) {
        await api.sql(
          `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
           select make_event_id(), $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea
           from generate_series(1, least(20000, $2::integer))`,
          [id, SESSIONS - inserted],
        );
      }
      const steps = {
        'a password change': () =>
          api.send('PUT', `/v1/users/${id}/password`, {
            token: grant.access_token,
            body: { current_password, new_password: 'eleven green umbrellas' },
          }),
        'a sign-out everywhere': () =>
          api.send('DELETE', '/v1/sessions', { token: grant.access_token }),
        'a deletion': () =>
          api.send('POST', `/v1/users/${id}/deletion`, {
            token: grant.access_token,
            body: { current_password },
          }),
      };
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const beganAt = performance.now();
      const answer = await steps[step]();
      const tookMs = Math.round(performance.now() - beganAt);
      delay.disable();
      process.stdout.write(
        `${step}: ${SESSIONS} sessions in ${tookMs} ms, event loop at most ${Math.round(delay.max / 1e6)} ms\n`,
      );
      // Beyond `server.request_deadline` the caller is told so, and the work goes on to its end.
      if (answer.statusCode === 503) expect(answer.json().code).toBe('outcome_unknown');
      else expect(answer.statusCode, answer.body).toBeLessThan(300);
      const left = step === 'a password change' ? 1 : 0;
      await eventually(
        async () => {
          // Cheap on purpose: listing what is left would slow down what it waits for.
          const surplus = await api.sql(
            'select id from sessions where user_id = $1 offset $2 limit 1',
            [id, left],
          );
          expect(surplus).toEqual([]);
        },
        { timeoutMs: 200_000, intervalMs: 250 },
      );
      process.stdout.write(`${step}: done after ${Math.round(performance.now() - beganAt)} ms\n`);
      expect(await api.statusOf(grant.access_token)).toBe(401);
      const [counted] = await api.sql<{ ended: number }>(
        `select count(*)::integer as ended from outbox
         join session_revocations on session_id = (data ->> 'session_id')::uuid
         where type = 'session.ended'`,
      );
      expect(counted?.ended).toBe(SESSIONS + 1);
    });
  },
);
