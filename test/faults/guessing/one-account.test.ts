import { expect, test } from 'vitest';
import { createApi, goodPassword } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { TEST_MASTER_KEY } from '../../support/mail-seal.ts';
import { createMailbox } from '../../support/verification.ts';
import {
  addressOf,
  limited,
  redisEnvironment,
  sendFrom,
  startGuesses,
  useRedis,
} from './support.ts';

/** Set `FAULTS_GUESSES=10000` for a long run. */
const GUESSES = Number(process.env.FAULTS_GUESSES ?? '1000');
const ADDRESSES = 500;
const PARALLEL = 48;
const OWNER = '198.51.100.7';
/** The owner signs in, reads and refreshes once for each of these parts of the attack. */
const PARTS = 20;
const FREE = 5;
/** The shortest wait after a wrong password, in milliseconds. */
const SHORTEST_WAIT_MS = 2_000;
/** Buckets of one guesser: three networks at most, and the pair of client and address. */
const KEYS_PER_ADDRESS = 4;

test(`${GUESSES} guesses at one account from ${ADDRESSES} addresses keep its owner out of nothing`, async () => {
  const redis = await useRedis();
  const app = await useTestApp({
    hashing: 'configured',
    database: 'postgres',
    env: {
      ...{ ...limited, ...redisEnvironment(redis) },
      SECURITY_MASTER_KEY: TEST_MASTER_KEY,
      REGISTRATION_VERIFICATION_MAIL: 'false',
    },
  });
  const api = createApi(app);
  const box = createMailbox(api);
  const { email } = await api.register();
  let password = goodPassword;
  const signIn = (deviceToken?: string) =>
    sendFrom(api, OWNER, '/v1/sessions', { email, password, device_token: deviceToken });
  const first = await signIn();
  expect(first.statusCode, first.body).toBe(201);
  let grant = first.json();
  const stranger = await api.register();
  const foreignDevice = (await api.trySignIn(stranger.email, stranger.password)).json()
    .device_token as string;

  const startedAt = performance.now();
  const attack = startGuesses(GUESSES, PARALLEL, (number) =>
    sendFrom(api, addressOf(number % ADDRESSES), '/v1/sessions', {
      email,
      password: `wrong guess ${number}`,
      // Tokens that mark no device of this account.
      ...(number % 3 === 1 && { device_token: foreignDevice }),
      ...(number % 3 === 2 && { device_token: `udt_${'A'.repeat(51)}` }),
    }),
  );
  for (let part = 1; part <= PARTS; part += 1) {
    await attack.answered((part * GUESSES) / PARTS);
    // The session that began before goes on, and the known device signs in.
    expect(await api.statusOf(grant.access_token)).toBe(200);
    grant = { ...grant, ...(await api.refresh(grant.refresh_token)) };
    const answer = await signIn(grant.device_token);
    expect(answer.statusCode, answer.body).toBe(201);
    if (part === PARTS / 2) {
      await box.request('/v1/password-resets', { email });
      const { token } = await box.secretsOf(email, 'reset_password');
      password = 'violet rivers hum softly';
      const reset = await box.post('/v1/password-resets/confirm', {
        token,
        new_password: password,
      });
      expect(reset.statusCode, reset.body).toBe(204);
      const again = await signIn(grant.device_token);
      expect(again.statusCode, again.body).toBe(201);
      grant = again.json();
    }
  }
  await attack.done;

  expect([...attack.statuses.keys()].toSorted()).toEqual([401, 429]);
  const waits = (performance.now() - startedAt) / SHORTEST_WAIT_MS;
  // Free guesses at the start and after the reset, one after each sign-in on the known device, and one for each wait.
  const allowed = 2 * FREE + PARTS + 1 + waits;
  expect(attack.statuses.get(401)).toBeLessThanOrEqual(allowed);
  const counters = await api.sql('select account_key, bucket from sign_in_failures');
  expect(counters.length, 'counters of the account and of the stranger').toBeLessThanOrEqual(2);
  const keys = Number(await redis.command('DBSIZE'));
  expect(keys, 'Redis counts').toBeGreaterThan(0);
  expect(keys).toBeLessThanOrEqual(ADDRESSES * KEYS_PER_ADDRESS + 100);
}, 600_000);
