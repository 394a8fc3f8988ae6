import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { findLetIn, startKnownSessions, startTwoInstances } from './support.ts';

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '1');
const SESSIONS = 6;
const STEPS_SECONDS = [20, 45, -60, 3_700];
/** How long the tokens are tried after each step. */
const TRIED_MS = 1_500;

test.each(STEPS_SECONDS)(
  'sessions that ended just before the clock of PostgreSQL was set by %d s are not let in on the other instance',
  async (stepSeconds) => {
    const instances = await startTwoInstances({ steppableClock: true });
    const { server, here, there } = instances;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const grants = await startKnownSessions(instances, SESSIONS);
      const answers = await Promise.all(
        grants.map(({ access_token: token }) =>
          here.send('DELETE', '/v1/sessions/current', { token }),
        ),
      );
      await server.stepClock(round % 2 === 1 ? stepSeconds : 0);
      const endedAtMs = performance.now();
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(grants.map(() => 204));
      expect(await findLetIn([here, there], grants, endedAtMs, TRIED_MS)).toEqual([]);
    }
  },
);

test('sessions that live are let in whatever steps the clock of PostgreSQL makes', async () => {
  const instances = await startTwoInstances({ steppableClock: true });
  const grants = await startKnownSessions(instances, 2);
  for (const step of [60, -60, 3_700, 0]) {
    await instances.server.stepClock(step);
    for (const { access_token: token } of grants) {
      expect(await instances.here.statusOf(token)).toBe(200);
      expect(await instances.there.statusOf(token)).toBe(200);
    }
  }
});

test('a clock of PostgreSQL that is off shows in the health report, the metrics and the log', async () => {
  const { server, here, logger } = await startTwoInstances({ steppableClock: true });
  const offsetMs = async (): Promise<number> =>
    (await here.send('GET', '/health')).json().checks.database.clock_offset_ms;
  const warnings = () => logger.lines.filter(({ message }) => message.startsWith('the clock'));
  await eventually(async () => expect(Math.abs(await offsetMs())).toBeLessThan(2_000));
  expect(warnings()).toEqual([]);

  await server.stepClock(-60);
  await eventually(async () => expect(Math.abs((await offsetMs()) + 60_000)).toBeLessThan(2_000));
  const metrics = (await here.send('GET', '/metrics')).body;
  expect(metrics).toMatch(/^user_service_database_clock_offset_seconds -(5[89]|6[01])/m);
  // One line of each of the two instances.
  await eventually(() => expect(warnings()).toHaveLength(2));

  await server.stepClock(0);
  await eventually(() => expect(warnings()).toHaveLength(4));
  expect(warnings().map(({ level }) => level)).toEqual(['warn', 'warn', 'info', 'info']);
});
