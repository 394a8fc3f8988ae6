import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, codeOf, createApi, patientHashing } from '../../support/api.ts';
import { createMasterKey, createTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createMailFolder, linksOf, type MailFolder } from '../../support/mail-folder.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** The documented delay on other instances, with room for the pauses of a busy machine. */
const withinASecond = { timeoutMs: 2_000, what: 'the refusal by the other instance' };
const withinFiveSeconds = { timeoutMs: 7_000, what: 'the refusal of the revoked key' };

describe.each([
  { name: 'PostgreSQL', withRedis: false },
  { name: 'PostgreSQL and Redis', withRedis: true },
])('two instances on one $name', ({ withRedis }) => {
  let here: Api;
  let there: Api;
  let folder: MailFolder;
  let redis: RedisServer | undefined;

  beforeAll(async () => {
    const connection = (await createTestDatabase()).connectionOptions;
    folder = createMailFolder();
    redis = withRedis ? await startRedis() : undefined;
    const cache = redis && { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) };
    const mail = { MAIL_PATH: folder.path, SERVER_PUBLIC_URL: 'http://service.test' };
    const env = { ...patientHashing, SECURITY_MASTER_KEY: createMasterKey(), ...mail, ...cache };
    const apps = [
      await createTestApp({ database: 'postgres', connection, env }),
      await createTestApp({ database: 'postgres', connection, env }),
    ] as const;
    // Listening instances read each other's revocations.
    for (const app of apps) await app.listen();
    here = createApi(apps[0]);
    there = createApi(apps[1]);
  });

  afterAll(async () => {
    await here?.app.stop();
    await there?.app.stop();
    await redis?.stop();
    await folder?.remove();
  });

  /** A session that both instances have verified and cached. */
  async function knownToBoth() {
    const account = await here.register();
    const grant = await here.signIn(account);
    expect(await here.statusOf(grant.access_token)).toBe(200);
    expect(await there.statusOf(grant.access_token)).toBe(200);
    return { account, grant };
  }

  async function expectRefusedThere(token: string): Promise<void> {
    await eventually(async () => expect(await there.statusOf(token)).toBe(401), withinASecond);
  }

  it('accept each other’s access and refresh tokens', async () => {
    const { grant } = await knownToBoth();
    const refreshed = await there.refresh(grant.refresh_token);
    // The grace period holds across instances.
    expect((await here.refresh(grant.refresh_token)).refresh_token).toBe(refreshed.refresh_token);
    expect(await here.statusOf(refreshed.access_token)).toBe(200);
  });

  it('give one successor to 16 parallel refreshes on both', async () => {
    const { grant } = await knownToBoth();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, number) =>
        (number % 2 === 0 ? here : there).refresh(grant.refresh_token),
      ),
    );
    expect(new Set(answers.map(({ refresh_token }) => refresh_token)).size).toBe(1);
  });

  it('reject a session that was signed out: at once here, soon on the other one', async () => {
    const { grant } = await knownToBoth();
    await here.send('DELETE', '/v1/sessions/current', { token: grant.access_token });
    expect(await here.statusOf(grant.access_token)).toBe(401);
    expect(codeOf(await there.tryRefresh(grant.refresh_token))).toBe('invalid_grant');
    await expectRefusedThere(grant.access_token);
  });

  it('introspect a session as ended on the other one as soon as its end is acknowledged', async () => {
    const { key } = await there.createService('tokens:introspect');
    const isActive = async (token: string): Promise<boolean> =>
      (await there.send('POST', '/v1/tokens/introspect', { token: key, body: { token } })).json()
        .active;
    for (let round = 0; round < 10; round += 1) {
      const { grant } = await knownToBoth();
      expect(await isActive(grant.access_token)).toBe(true);
      await here.send('DELETE', '/v1/sessions/current', { token: grant.access_token });
      expect(await isActive(grant.access_token)).toBe(false);
    }
  });

  it('reject all sessions after a password change here, and accept the new one', async () => {
    const { account, grant } = await knownToBoth();
    const own = await here.signIn(account);
    expect(await there.statusOf(own.access_token)).toBe(200);
    const changed = await here.send('PUT', `/v1/users/${account.id}/password`, {
      token: own.access_token,
      body: { current_password: account.password, new_password: 'eleven green umbrellas' },
    });
    expect(changed.statusCode).toBe(200);
    for (const { access_token } of [grant, own]) {
      expect(await here.statusOf(access_token)).toBe(401);
      await expectRefusedThere(access_token);
    }
    expect(await there.statusOf(changed.json().access_token)).toBe(200);
    expect(codeOf(await there.trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
  });

  it('reject every session after a password reset that was confirmed here', async () => {
    const { account, grant } = await knownToBoth();
    const other = await there.signIn(account);
    expect(await here.statusOf(other.access_token)).toBe(200);
    await there.send('POST', '/v1/password-resets', { body: { email: account.email } });
    const [link = ''] = linksOf(await folder.waitFor(account.email, /password/i));
    const body = { token: new URL(link).hash.slice(3), new_password: 'eleven green umbrellas' };
    const confirmed = await here.send('POST', '/v1/password-resets/confirm', { body });
    expect(confirmed.statusCode, confirmed.body).toBe(204);
    for (const { access_token, refresh_token } of [grant, other]) {
      expect(codeOf(await there.tryRefresh(refresh_token))).toBe('invalid_grant');
      expect(await here.statusOf(access_token)).toBe(401);
      await expectRefusedThere(access_token);
    }
    expect(codeOf(await there.trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
    await there.signIn({ email: account.email, password: body.new_password });
  });

  it('reject the sessions of a user who was deleted here', async () => {
    const { account, grant } = await knownToBoth();
    const { key } = await here.createService('users:admin');
    const deleted = await here.send('DELETE', `/v1/users/${account.id}`, { token: key });
    expect(deleted.statusCode).toBe(204);
    expect(await here.statusOf(grant.access_token)).toBe(401);
    await expectRefusedThere(grant.access_token);
    const read = await there.createService('users:read');
    const answer = await there.send('GET', `/v1/users/${account.id}`, { token: read.key });
    expect(codeOf(answer)).toBe('user_not_found');
  });

  it('reject a session whose refresh token was reused on the other one', async () => {
    const { grant } = await knownToBoth();
    await here.refresh((await here.refresh(grant.refresh_token)).refresh_token);
    expect(codeOf(await there.tryRefresh(grant.refresh_token))).toBe('invalid_grant');
    expect(await there.statusOf(grant.access_token)).toBe(401);
    await eventually(
      async () => expect(await here.statusOf(grant.access_token)).toBe(401),
      withinASecond,
    );
  });

  it('reject a revoked service key: at once here, within 5 s on the other one', async () => {
    const { id, key } = await here.createService('users:read');
    const statusAt = async (api: Api): Promise<number> =>
      (await api.send('GET', '/v1/users?limit=1', { token: key })).statusCode;
    expect([await statusAt(here), await statusAt(there)]).toEqual([200, 200]);
    const { statusCode } = await (await here.app.operator()).inject({
      method: 'DELETE',
      url: `/v1/service-accounts/${id}`,
    });
    expect(statusCode).toBe(204);
    expect(await statusAt(here)).toBe(401);
    await eventually(async () => expect(await statusAt(there)).toBe(401), withinFiveSeconds);
  });

  it('show a change of the other one without delay', async () => {
    const { account, grant } = await knownToBoth();
    const url = `/v1/users/${account.id}`;
    for (let round = 1; round <= 5; round += 1) {
      const first_name = `Ada ${'I'.repeat(round)}`;
      await here.send('PATCH', url, { token: grant.access_token, body: { first_name } });
      const seen = await there.send('GET', url, { token: grant.access_token });
      expect(seen.json()).toMatchObject({ first_name, version: round + 1 });
    }
  });
});
