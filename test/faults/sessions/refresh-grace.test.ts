import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { codeOf } from '../../support/api.ts';
import { startTwoInstances } from './support.ts';

const GRACE_MS = 1_000;

test('a clock of PostgreSQL that is set back does not open the grace of a replaced refresh token again', async () => {
  const { server, here, there } = await startTwoInstances(
    { steppableClock: true },
    { SESSIONS_REFRESH_GRACE: `${GRACE_MS}ms` },
  );
  let offsetSeconds = 0;
  // To just after the rotation, which is all that the clock can tell, and to long before it.
  for (const furtherSeconds of [0, 60]) {
    const { refresh_token: replaced } = await here.signIn(await here.register());
    await here.refresh(replaced);
    const rotatedAtMs = performance.now();
    // The grace itself, and the polls after it.
    await delay(GRACE_MS + 1_000);
    offsetSeconds -= (performance.now() - rotatedAtMs) / 1_000 + furtherSeconds;
    await server.stepClock(offsetSeconds);
    expect(codeOf(await there.tryRefresh(replaced))).toBe('invalid_grant');
  }
});
