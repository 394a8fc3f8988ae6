import { describe, expect, it } from 'vitest';
import {
  type Account,
  type Answer,
  codeOf,
  createPerson,
  type Grant,
  goodPassword,
  patientHashing,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

const newPassword = 'eleven green umbrellas';

/** Characters of the alphabet in an order without pattern, the same on every call. */
function drawn(alphabet: string, length: number): string {
  const characters = [...alphabet];
  return Array.from(
    { length },
    (_, index) => characters[((index * index * index + 7 * index) % 97) % characters.length],
  ).join('');
}

describe.each(APP_DATABASES)('changing the password on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing, hashing: 'configured' });

  function change(
    account: Pick<Account, 'id' | 'password'>,
    token: string,
    next = newPassword,
  ): Promise<Answer> {
    return api().send('PUT', `/v1/users/${account.id}/password`, {
      token,
      body: { current_password: account.password, new_password: next },
    });
  }

  it('makes the new password valid and the old one invalid', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const answer = await change(account, token);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(codeOf(await api().trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
    await api().signIn({ ...account, password: newPassword });
  });

  it('ends all sessions with their tokens, its own too, starts a new one, and writes the events in order', async () => {
    const account = await api().register();
    const own = await api().signIn(account);
    const others = [await api().signIn(account), await api().signIn(account)];
    const bystander = await api().signIn(await api().register());
    // Verified before, so that a cached token would be noticed.
    for (const { access_token } of [own, ...others])
      expect(await api().statusOf(access_token)).toBe(200);
    const before = (await api().eventsOf(account.id)).length;
    const changed = await change(account, own.access_token);
    expect(changed.statusCode, changed.body).toBe(200);
    const fresh: Grant = changed.json();
    // Only a sign-in marks a device.
    const { device_token: _, ...tokens } = own as Grant & { device_token: string };
    expect(Object.keys(fresh).sort()).toEqual(Object.keys(tokens).sort());

    for (const { access_token, refresh_token } of [own, ...others]) {
      expect(await api().statusOf(access_token)).toBe(401);
      expect(codeOf(await api().tryRefresh(refresh_token))).toBe('invalid_grant');
    }
    expect(await api().statusOf(fresh.access_token)).toBe(200);
    expect((await api().refresh(fresh.refresh_token)).session_id).toBe(fresh.session_id);
    expect(fresh.session_id).not.toBe(own.session_id);
    expect(await api().statusOf(bystander.access_token)).toBe(200);

    const [first, ...ended] = (await api().eventsOf(account.id)).slice(before);
    const last = ended.pop();
    expect(last).toMatchObject({
      ...{ type: 'session.started', user_version: 2 },
      data: { session_id: fresh.session_id },
    });
    expect(first).toMatchObject({ type: 'user.password_changed', user_version: 2, data: {} });
    expect(ended.map(({ type, user_version, data }) => [type, user_version, data.reason])).toEqual(
      [own, ...others].map(() => ['session.ended', 2, 'password_changed']),
    );
    expect(new Set(ended.map(({ data }) => data.session_id))).toEqual(
      new Set([own, ...others].map(({ session_id }) => session_id)),
    );
  });

  it('raises the version by one', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const { access_token: fresh } = (await change(account, token)).json();
    const me = await api().send('GET', '/v1/me', { token: fresh });
    expect(me.json().version).toBe(2);
    expect(me.headers.etag).toBe('"2"');
  });

  it('rejects a wrong current password, changes nothing, and records the attempt', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const answer = await change({ ...account, password: 'wrong password' }, token);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors).toMatchObject([
      { pointer: '/current_password', code: 'current_password_wrong' },
    ]);
    await api().signIn(account);
    expect(await api().eventsOf(account.id)).toContainEqual(
      expect.objectContaining({
        type: 'authentication.failed',
        user_version: 1,
        data: { reason: 'wrong_password', suppressed: 0 },
      }),
    );
  });

  it('requires the current password of a session that is not fresh', async () => {
    const account = await api().register();
    const { access_token: token, session_id } = await api().signIn(account);
    await api().ageSession(session_id);
    const answer = await api().send('PUT', `/v1/users/${account.id}/password`, {
      token,
      body: { new_password: newPassword },
    });
    expect(codeOf(answer)).toBe('step_up_required');
  });

  it.each(['users:read', 'users:write', 'users:admin'])(
    'is refused to a service, with the scope %s too',
    async (scope) => {
      const account = await api().register();
      const { key } = await api().createService(scope);
      expect(codeOf(await change(account, key))).toBe('forbidden');
    },
  );

  it('does not find another user', async () => {
    const [mine, theirs] = [await api().register(), await api().register()];
    const { access_token: token } = await api().signIn(mine);
    expect(codeOf(await change(theirs, token))).toBe('user_not_found');
    await api().signIn(theirs);
  });

  it('leaves one valid password after many concurrent changes', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const candidates = Array.from({ length: 6 }, (_, number) => `${newPassword} ${number}`);
    const answers = await Promise.all(candidates.map((next) => change(account, token, next)));
    const accepted = candidates.filter((_, index) => answers[index]?.statusCode === 200);
    expect(accepted).toHaveLength(1);
    for (const answer of answers.filter(({ statusCode }) => statusCode !== 200)) {
      // The winner also ended the session of the others.
      expect(['unavailable', 'validation_failed', 'invalid_token']).toContain(codeOf(answer));
    }
    await api().signIn({ ...account, password: accepted[0] ?? '' });
    const versions = await api().sql('select version from users where id = $1', [account.id]);
    expect(versions).toEqual([{ version: 2 }]);
  });

  it('applies every rule of a new password', async () => {
    const account = await api().register({ email: 'margarethe@example.com' });
    const { access_token: token } = await api().signIn(account);
    for (const [next, code] of [
      ['umbrlla', 'password_too_short'],
      ['x'.repeat(257), 'password_too_long'],
      ['password1', 'password_too_common'],
      ['Margarethe1', 'password_too_common'],
      ['line\nfeed in it', 'password_characters'],
    ] as const) {
      const answer = await change(account, token, next);
      expect(answer.json().errors, next).toMatchObject([{ pointer: '/new_password', code }]);
      expect(answer.body).not.toContain(next);
    }
    await api().signIn(account);
  });
});

describe.each(APP_DATABASES)('the password of a registration on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing, hashing: 'configured' });

  async function rejectionOf(
    password: string,
    email = createPerson().email,
  ): Promise<string | null> {
    const body = createPerson({ password, email });
    const answer = await api().send('POST', '/v1/users', { body });
    if (answer.statusCode === 201) return null;
    expect(answer.statusCode).toBe(422);
    const [fault] = answer.json().errors;
    expect(fault.pointer).toBe('/password');
    return fault.code;
  }

  it.each([
    ['7 letters', 'kqzwxjv', 'password_too_short'],
    ['8 letters', 'kqzwxjvy', null],
    ['7 emoji of two UTF-16 units', '🦊🐢🦉🐳🦔🐝🦋', 'password_too_short'],
    ['8 emoji', '🦊🐢🦉🐳🦔🐝🦋🐙', null],
    ['15 letters of one kind', 'wkrmvthbqzxjdfg', null],
    ['64 letters', drawn('bcdfghjklmnpqrstvwxz', 64), null],
    ['256 code points of two units each', drawn('🦊🐢🦉🐳🦔🐝🦋🐙🌵🍇🎈', 256), null],
    ['257 letters', `${'kq'.repeat(128)}x`, 'password_too_long'],
    [
      '257 letters, spelled with 514 code points, that compose',
      'n\u0303'.repeat(257),
      'password_too_long',
    ],
    ['256 letters that compose from 512', drawn('ñãõéíâêîôûú', 256).normalize('NFD'), null],
  ])('is counted in code points: %s', async (_what, password, expected) => {
    expect(await rejectionOf(password)).toBe(expected);
  });

  it('is rejected when it is a common one, in any case', async () => {
    expect(commonPasswords).toHaveLength(100);
    for (const password of commonPasswords) {
      expect(await rejectionOf(password), password).toBe('password_too_common');
    }
    expect(await rejectionOf('PassWord1')).toBe('password_too_common');
  });

  it.each([
    ['the service’s name', 'user-service', 'somebody@example.com'],
    ['the service’s name without its dash and with a year', 'UserService24', 'some@example.com'],
    ['the local part of the address', 'wolfgang', 'Wolfgang@example.com'],
    ['the local part with digits', 'Wolfgang123', 'wolfgang@example.com'],
    ['the whole address', 'wolfgang@example.com', 'Wolfgang@example.com'],
  ])('is rejected when it is %s', async (_what, password, email) => {
    expect(await rejectionOf(password, email)).toBe('password_too_common');
  });

  it('may contain a context word inside a longer phrase', async () => {
    expect(await rejectionOf('wolfgang paints seven boats', 'wolfgang@other.example')).toBeNull();
  });

  it('is stored as an Argon2id hash and nothing else', async () => {
    const account = await api().register({ password: goodPassword });
    const [row] = await api().sql<{ password: string }>(
      'select password, password_form from users where id = $1',
      [account.id],
    );
    expect(row).toMatchObject({ password_form: 1 });
    expect(row?.password).toMatch(
      /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
  });
});

/** Common passwords: every list of leaked passwords has them. */
const commonPasswords = `
  password 12345678 123456789 baseball football qwertyuiop 1234567890 superman 1qaz2wsx
  jennifer trustno1 sunshine iloveyou computer michelle starwars princess 11111111 corvette
  1234qwer internet samantha q1w2e3r4t5 maverick whatever mercedes steelers qwer1234 hardcore
  q1w2e3r4 midnight bigdaddy victoria marlboro password1 1q2w3e4r cocacola jordan23 asdfasdf
  danielle 12344321 jonathan qwerty123 passw0rd abcd1234 slipknot scorpion startrek asdfghjkl
  redskins qazwsxedc liverpool nicholas dolphins qwertyui metallic mountain benjamin elephant
  1q2w3e4r5t creative garfield asdfghjk december airborne brooklyn godzilla 4815162342
  williams darkness blink182 platinum 01012011 11223344 12qwaszx snowball nintendo november
  pakistan explorer redwings 789456123 lasvegas guinness asdf1234 babygirl michigan carolina
  minecraft metallica kristina kimberly snickers paradise caroline 147258369 lacrosse einstein
  spitfire champion
`
  .trim()
  .split(/\s+/);
