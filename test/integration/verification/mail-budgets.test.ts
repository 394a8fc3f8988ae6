import { expect, test } from 'vitest';
import { codeOf, createApi, useSharedApi } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

const api = useSharedApi('embedded', {
  env: { ...readableMails, REGISTRATION_VERIFICATION_MAIL: 'false' },
});

const verification = { path: '/v1/email-verifications', kind: 'verify_email' } as const;
const reset = { path: '/v1/password-resets', kind: 'reset_password' } as const;

const narrow = (policy: string) => ({
  [`LIMITS_${policy}_RATE`]: '1',
  [`LIMITS_${policy}_PER`]: '24h',
  [`LIMITS_${policy}_BURST`]: '2',
});

/** An account, and requests for its mails as a stranger and as its owner send them. */
async function useAccount(
  env: Readonly<Record<string, string>> = {},
  onLimitAsked = async (): Promise<void> => {},
) {
  const box = createMailbox(api(), env, { onLimitAsked });
  const account = await api().register();
  const signedIn = await api().trySignIn(account.email, account.password);
  const { device_token } = signedIn.json();
  const ask = async ({ path }: { readonly path: string }, traits: object = {}) => {
    const answer = await box.post(path, { email: account.email, ...traits });
    await box.serve();
    const { challenge_id: _id, ...body } = answer.json();
    return { status: answer.statusCode, body, limits: answer.headers.ratelimit };
  };
  return {
    box,
    account,
    device_token,
    ask,
    mails: async ({ kind }: Pick<typeof reset | typeof verification, 'kind'>) =>
      (await box.mailsTo(account.email, kind)).length,
  };
}

test.each([
  { policy: 'RESET_ACCOUNT', limited: reset, other: verification },
  { policy: 'VERIFICATION_ACCOUNT', limited: verification, other: reset },
])(
  '$policy alone drops mails of strangers, answers as ever, and leaves the owner a budget',
  async ({ policy, limited, other }) => {
    const { account, ask, mails, device_token } = await useAccount(narrow(policy));
    const answers = [];
    for (let count = 0; count < 3; count += 1) answers.push(await ask(limited));
    answers.push(await ask(limited, { email: 'unknown@example.com' }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.status).toBe(202);
    expect(await mails(limited)).toBe(2);
    await ask(limited, { device_token: 'udt_x' });
    const foreign = await useAccount();
    await ask(limited, { device_token: foreign.device_token });
    expect(await mails(limited)).toBe(2);
    await ask(other);
    expect(await mails(other)).toBe(1);
    expect(await ask(limited, { device_token })).toEqual(answers[0]);
    expect(await mails(limited)).toBe(3);
    await ask(limited, { device_token });
    await ask(limited, { device_token });
    expect(await mails(limited)).toBe(4);
    await api().signIn(account);
  },
);

test('the limit is asked outside of a transaction, and only for a mail that the send limit allows', async () => {
  let asked = 0;
  // The embedded database has one connection: inside a transaction, this would wait for its end.
  const { ask, mails } = await useAccount({}, async () => {
    asked += 1;
    await api().app.database.query('select 1');
  });
  for (let count = 0; count < 5; count += 1) await ask(reset);
  expect(await mails(reset)).toBe(3);
  expect(asked).toBe(3);
});

test('an access token has the budget of the owner as well', async () => {
  const { box, account, ask, mails } = await useAccount(narrow('VERIFICATION_ACCOUNT'));
  for (let count = 0; count < 3; count += 1) await ask(verification);
  const { access_token: token } = await api().signIn(account);
  await box.request(verification.path, { email: account.email }, token);
  expect(await mails(verification)).toBe(3);
});

test('strangers that use up the mails of a quarter of an hour take none from the owner', async () => {
  const { ask, mails, device_token } = await useAccount();
  for (let count = 0; count < 5; count += 1) await ask(reset);
  expect(await mails(reset)).toBe(3);
  await ask(reset, { device_token });
  expect(await mails(reset)).toBe(4);
});

test('strangers end neither the link of the owner nor the tries of the code', async () => {
  const { box, account, ask, device_token } = await useAccount();
  const { path } = reset;
  const challenge_id = await box.request(path, { email: account.email, device_token });
  const { code } = await box.secretsOf(account.email, 'reset_password');
  const new_password = 'violet rivers hum softly';
  for (let count = 0; count < 3; count += 1) {
    const answer = await box.post(path, { email: account.email });
    await box.serve();
    const foreign = await box.secretsOf(account.email, 'reset_password');
    const wrong = String((Number(foreign.code) + 1) % 1_000_000).padStart(6, '0');
    for (let guess = 0; guess < 5; guess += 1) {
      const proof = { challenge_id: answer.json().challenge_id, code: wrong, new_password };
      expect(codeOf(await box.post(`${path}/confirm`, proof))).toBe('challenge_invalid');
    }
  }
  await ask(reset);
  const confirmed = await box.post(`${path}/confirm`, { challenge_id, code, new_password });
  expect(confirmed.statusCode, confirmed.body).toBe(204);
});

test('a known device is not refused for what all other clients do', async () => {
  const limits = { LIMITS_ENABLED: 'true', ...narrow('GLOBAL') };
  const limited = createApi(await useTestApp({ database: 'embedded', env: limits }));
  const account = await limited.register();
  const { device_token } = (await limited.trySignIn(account.email, account.password)).json();
  const ask = async (body: object) =>
    (await limited.send('POST', reset.path, { body: { email: account.email, ...body } }))
      .statusCode;
  expect([await ask({}), await ask({ device_token })]).toEqual([429, 202]);
});
