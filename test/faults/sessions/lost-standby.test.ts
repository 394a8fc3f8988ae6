import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { codeOf } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { findLetIn, startKnownSessions, startTwoInstances } from './support.ts';

const SESSIONS = 4;
/** The long form lets the commits wait; the short one lets their rows bear a time of a minute ago instead. */
const IS_LONG = process.env.FAULT_ROUNDS !== undefined;
const LONG_WAIT_MS = 35_000;
const TRIED_MS = 1_500;

test('sessions whose end waited for a lost standby are let in by no instance once the commit took place', async () => {
  const instances = await startTwoInstances({ settings: { synchronous_commit: 'on' } });
  const { server, query, here, there } = instances;
  if (!IS_LONG) {
    await query(
      `alter table session_revocations
         alter column revoked_at set default clock_timestamp() - interval '1 minute'`,
    );
  }
  const grants = await startKnownSessions(instances, SESSIONS);

  // No standby ever has this name.
  await server.reload({ synchronous_standby_names: 'lost' });
  const codes = await Promise.all(
    grants.map(async ({ access_token: token }) =>
      codeOf(await here.send('DELETE', '/v1/sessions/current', { token })),
    ),
  );
  expect(codes).toEqual(grants.map(() => 'outcome_unknown'));
  // The commits wait, so the sessions have not ended: both instances verify their tokens again.
  for (const { access_token: token } of grants) {
    expect([await here.statusOf(token), await there.statusOf(token)]).toEqual([200, 200]);
  }
  if (IS_LONG) await delay(LONG_WAIT_MS);

  await server.reload({ synchronous_standby_names: '' });
  await eventually(async () => expect(await query('select id from sessions')).toEqual([]));
  const endedAtMs = performance.now();
  expect(await findLetIn([here, there], grants, endedAtMs, TRIED_MS)).toEqual([]);
});
