import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateOpenApi } from '../../scripts/generate-openapi.ts';
import { type Operation, readOperations } from './support/openapi-operations.ts';
import { createRouteApp, type RouteApp, type TestRequest } from './support/test-app.ts';

const UNKNOWN_ID = '0198c0de-0000-7000-8000-00000000dead';
const operations = readOperations(JSON.parse(await generateOpenApi()));
/** `operationId status` of every response in the cases below. */
const seen = new Set<string>();

let app: RouteApp;
let closedApp: RouteApp;
let concealingApp: RouteApp;
let inviteApp: RouteApp;
beforeAll(async () => {
  [app, closedApp, concealingApp, inviteApp] = await Promise.all([
    createRouteApp(),
    createRouteApp('embedded', { REGISTRATION_MODE: 'closed' }),
    createRouteApp('embedded', {
      REGISTRATION_EXISTING_EMAIL: 'conceal',
      REGISTRATION_REQUIRE_VERIFIED_EMAIL: 'true',
    }),
    createRouteApp('embedded', { REGISTRATION_MODE: 'invite' }),
  ]);
});
afterAll(() => Promise.all([app, closedApp, concealingApp, inviteApp].map((one) => one?.stop())));

function operationOf(operationId: string): Operation {
  const operation = operations.find((candidate) => candidate.operationId === operationId);
  if (operation === undefined) throw new Error(`no operation ${operationId}`);
  return operation;
}

/** Calls an operation and records its status. `ids` fill the path in order; `query` is appended. */
async function call(
  operationId: string,
  request: TestRequest & {
    readonly ids?: readonly string[];
    readonly query?: string;
    /** Another service than the usual one. */
    readonly at?: RouteApp;
  } = {},
) {
  const { method, path, responses } = operationOf(operationId);
  const ids = [...(request.ids ?? [])];
  const url = path.replace(/\{[a-z_]+\}/g, () => ids.shift() ?? '') + (request.query ?? '');
  const answer = await (request.at ?? app).call(method, url, request);
  expect(Object.keys(responses), `${operationId} declares ${answer.status}`).toContain(
    String(answer.status),
  );
  seen.add(`${operationId} ${answer.status}`);
  return answer;
}

async function expectProblem(
  operationId: string,
  request: Parameters<typeof call>[1],
  status: number,
  code: string,
) {
  const answer = await call(operationId, request);
  expect([answer.status, answer.body.code], operationId).toEqual([status, code]);
  return answer;
}

const person = (email: string) => ({
  first_name: 'Zoë',
  last_name: 'van der Berg',
  email,
  phone: '+31201234567',
  password: 'seven grey herons',
});

describe('accounts', () => {
  test('registration returns the user, its location and its version', async () => {
    const answer = await call('registerUser', { body: person('Zoe+a@Example.COM') });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      first_name: 'Zoë',
      last_name: 'van der Berg',
      email: 'zoe+a@example.com',
      phone: '+31201234567',
      email_verified: false,
      status: 'active',
      version: 1,
    });
    expect(answer.headers.location).toBe(`/v1/users/${answer.body.id}`);
    expect(answer.headers.etag).toBe('"1"');
  });

  test('registration without a phone stores null', async () => {
    const { phone: _phone, ...rest } = person('nophone@example.com');
    expect((await call('registerUser', { body: rest })).body.phone).toBeNull();
  });

  test('an address is unique in any spelling', async () => {
    await call('registerUser', { body: person('taken@example.com') });
    await expectProblem('registerUser', { body: person('TAKEN@EXAMPLE.com') }, 409, 'email_taken');
  });

  test('where registration is closed, the operator and services that change users still register', async () => {
    const at = closedApp;
    const register = (email: string, as?: string) =>
      call('registerUser', { at, body: person(email), ...(as === undefined ? {} : { as }) });
    const closed = { at, body: person('stranger@example.com') };
    await expectProblem('registerUser', closed, 403, 'registration_closed');
    const reader = await at.serviceKey('users:read');
    await expectProblem('registerUser', { ...closed, as: reader }, 403, 'registration_closed');
    await expectProblem('registerUser', { ...closed, as: 'usk_unknown' }, 401, 'invalid_token');
    await expectProblem(
      'registerUser',
      { ...closed, as: 'a.user.token' },
      403,
      'registration_closed',
    );
    for (const scope of ['users:write', 'users:admin']) {
      const email = `${scope.slice(6)}@example.com`;
      expect((await register(email, await at.serviceKey(scope))).status).toBe(201);
    }
    const body = person('operator@example.com');
    expect((await at.operate('POST', '/v1/users', { body })).status).toBe(201);
  });

  test('with registration.existing_email: conceal, every address gets 202', async () => {
    const body = person('concealed@example.com');
    for (const at of [concealingApp, concealingApp]) {
      const answer = await call('registerUser', { at, body });
      expect([answer.status, answer.body.status]).toEqual([202, 'verification_sent']);
      expect(answer.headers).not.toHaveProperty('location');
    }
  });

  test('an invitation registers its address, once, and the address is verified', async () => {
    const invitation = await app.invite('invited@example.com');
    const other = { ...person('other@example.com'), invitation };
    const refused = await expectProblem('registerUser', { body: other }, 422, 'validation_failed');
    expect(refused.body.errors).toMatchObject([{ pointer: '/email', code: 'email_not_invited' }]);
    const body = { ...person('Invited@example.com'), invitation };
    const answer = await call('registerUser', { body });
    expect([answer.status, answer.body.email_verified]).toEqual([201, true]);
    await expectProblem('registerUser', { body }, 422, 'invitation_invalid');
    const invented = { ...body, invitation: `${invitation}x` };
    await expectProblem('registerUser', { body: invented }, 422, 'invitation_invalid');
  });

  test('where registration needs an invitation, nobody registers without one', async () => {
    const at = inviteApp;
    const body = person('guest@example.com');
    await expectProblem('registerUser', { at, body }, 403, 'registration_closed');
    const invitation = await at.invite('guest@example.com');
    expect((await call('registerUser', { at, body: { ...body, invitation } })).status).toBe(201);
    const as = await at.serviceKey('users:write');
    expect((await call('registerUser', { at, as, body: person('b@example.com') })).status).toBe(
      201,
    );
  });

  test('where registration is closed, an invitation does not open it', async () => {
    const at = closedApp;
    const invitation = await at.invite('guest@example.com');
    const body = { ...person('guest@example.com'), invitation };
    await expectProblem('registerUser', { at, body }, 403, 'registration_closed');
    const as = await at.serviceKey('users:admin');
    const invite = { at, as, body: { email: 'more@example.com' } };
    await expectProblem('createInvitation', invite, 403, 'registration_closed');
  });

  test('one response lists all field errors of a registration', async () => {
    const body = {
      first_name: '',
      last_name: 'a\u0000',
      email: 'x',
      phone: '1',
      password: 'short',
    };
    const answer = await expectProblem('registerUser', { body }, 422, 'validation_failed');
    expect(answer.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/email',
      '/first_name',
      '/last_name',
      '/password',
      '/phone',
    ]);
  });

  test('a user reads their own account, a service any, and both get 304 without a change', async () => {
    const user = await app.user();
    const reader = await app.serviceKey('users:read');
    const own = await call('getUser', { ids: [user.id], as: user.token });
    const read = await call('getUser', { ids: [user.id.toUpperCase()], as: reader });
    expect([own.status, own.body]).toEqual([200, read.body]);
    const headers = { 'if-none-match': String(own.headers.etag) };
    expect((await call('getUser', { ids: [user.id], as: user.token, headers })).status).toBe(304);
    expect((await call('getMe', { as: user.token })).body).toEqual(own.body);
  });

  test('reading needs the scope, and an unknown user is 404', async () => {
    const user = await app.user();
    const writer = await app.serviceKey('users:write');
    const reader = await app.serviceKey('users:read');
    await expectProblem('getUser', { ids: [user.id] }, 401, 'unauthenticated');
    await expectProblem('getUser', { ids: [user.id], as: writer }, 403, 'forbidden');
    await expectProblem('getUser', { ids: [UNKNOWN_ID], as: reader }, 404, 'user_not_found');
    await expectProblem('getUser', { ids: ['x'], as: reader }, 422, 'validation_failed');
    await expectProblem('getMe', {}, 401, 'unauthenticated');
    await expectProblem('getMe', { as: reader }, 403, 'forbidden');
  });

  test('a full update needs the version that was read', async () => {
    const user = await app.user();
    const body = { first_name: 'New', last_name: 'Name', email: user.email, phone: null };
    const request = { ids: [user.id], as: user.token, body };
    const withVersion = (version: string) => ({ ...request, headers: { 'if-match': version } });
    await expectProblem('replaceUser', request, 428, 'version_required');
    const changed = await call('replaceUser', withVersion('"1"'));
    expect([changed.status, changed.body.version, changed.headers.etag]).toEqual([200, 2, '"2"']);
    await expectProblem('replaceUser', withVersion('"1"'), 412, 'version_mismatch');
    const { phone: _phone, ...incomplete } = body;
    const partial = { ...withVersion('"2"'), body: incomplete };
    await expectProblem('replaceUser', partial, 422, 'validation_failed');
  });

  test('a merge patch changes the sent fields, and keeps the version without a change', async () => {
    const user = await app.user();
    const patch = (body: unknown, headers = {}) =>
      call('patchUser', { ids: [user.id], as: user.token, body, headers });
    expect((await patch({ phone: '+31201234567' })).body).toMatchObject({ version: 2 });
    expect((await patch({ phone: '+31201234567' })).body).toMatchObject({ version: 2 });
    expect((await patch({})).body).toMatchObject({ version: 2 });
    expect((await patch({ phone: null }, { 'if-match': '"2"' })).body).toMatchObject({
      phone: null,
      version: 3,
    });
    expect((await patch({ first_name: 'X' }, { 'if-match': '"2"' })).status).toBe(412);
    expect((await patch({ first_name: null })).status).toBe(422);
    expect((await patch({ version: 9 })).status).toBe(422);
  });

  test('a wrong password refuses the change of an e-mail address, and a service needs none', async () => {
    const user = await app.user();
    const other = await app.user();
    const writer = await app.serviceKey('users:write');
    const patch = (as: string, body: unknown) => call('patchUser', { ids: [user.id], as, body });
    const wrong = await patch(user.token, { email: 'n1@example.com', current_password: 'x' });
    expect(wrong.body.errors?.[0]).toMatchObject({ pointer: '/current_password' });
    const right = { email: 'n1@example.com', current_password: user.password };
    expect((await patch(user.token, right)).body).toMatchObject({ email: 'n1@example.com' });
    expect((await patch(writer, { email: 'n2@example.com' })).status).toBe(200);
    expect((await patch(writer, { email: other.email })).status).toBe(409);
    const body = { first_name: 'A', last_name: 'B', email: other.email, phone: null };
    const headers = { 'if-match': '*' };
    const replaced = { ids: [user.id], as: writer, body, headers };
    await expectProblem('replaceUser', replaced, 409, 'email_taken');
  });

  test.each(['replaceUser', 'patchUser'])('%s rejects other callers', async (operationId) => {
    const user = await app.user();
    const reader = await app.serviceKey('users:read');
    const writer = await app.serviceKey('users:write');
    const body = { first_name: 'A', last_name: 'B', email: 'none@example.com', phone: null };
    const headers = { 'if-match': '*' };
    const refuse = (as: string, id: string, status: number, code: string) =>
      expectProblem(operationId, { ids: [id], as, body, headers }, status, code);
    await expectProblem(operationId, { ids: [user.id], body }, 401, 'unauthenticated');
    await refuse(reader, user.id, 403, 'forbidden');
    await refuse(writer, UNKNOWN_ID, 404, 'user_not_found');
  });

  test('a password change ends all sessions and answers with a new one', async () => {
    const user = await app.user();
    const { email, password } = user;
    const second = await call('signIn', { body: { email, password } });
    const change = (current: string, next: string) =>
      call('changePassword', {
        ids: [user.id],
        as: user.token,
        body: { current_password: current, new_password: next },
      });
    expect((await change('wrong one', 'nine slow turtles')).status).toBe(422);
    expect((await change(password, 'password')).status).toBe(422);
    const changed = await change(password, 'nine slow turtles');
    expect(changed.status).toBe(200);
    expect((await call('getMe', { as: String(changed.body.access_token) })).status).toBe(200);
    for (const as of [user.token, String(second.body.access_token)]) {
      await expectProblem('getMe', { as }, 401, 'invalid_token');
    }
    await expectProblem('signIn', { body: { email, password } }, 401, 'invalid_credentials');
    const fresh = await call('signIn', { body: { email, password: 'nine slow turtles' } });
    expect(fresh.status).toBe(201);
  });

  test('only the user can change the password', async () => {
    const [user, other] = [await app.user(), await app.user()];
    const admin = await app.serviceKey('users:admin', 'users:write');
    const body = { current_password: user.password, new_password: 'nine slow turtles' };
    await expectProblem('changePassword', { ids: [user.id], body }, 401, 'unauthenticated');
    await expectProblem('changePassword', { ids: [user.id], as: admin, body }, 403, 'forbidden');
    const request = { ids: [user.id], as: other.token, body };
    await expectProblem('changePassword', request, 404, 'user_not_found');
  });

  test('a deletion removes the account, its tokens and the claim on its address', async () => {
    const user = await app.user();
    const remove = (password: string) =>
      call('deleteOwnUser', {
        ids: [user.id],
        as: user.token,
        body: { current_password: password },
      });
    expect((await remove('wrong one')).status).toBe(422);
    expect((await remove(user.password)).status).toBe(204);
    await expectProblem('getMe', { as: user.token }, 401, 'invalid_token');
    const refresh = { body: { refresh_token: user.refreshToken } };
    await expectProblem('refreshSession', refresh, 401, 'invalid_grant');
    expect((await call('registerUser', { body: person(user.email) })).status).toBe(201);
  });

  test('only the user or an administrator can delete an account', async () => {
    const [user, other] = [await app.user(), await app.user()];
    const writer = await app.serviceKey('users:write');
    const admin = await app.serviceKey('users:admin');
    const body = { current_password: other.password };
    const own = { ids: [user.id], body };
    await expectProblem('deleteOwnUser', own, 401, 'unauthenticated');
    await expectProblem('deleteOwnUser', { ...own, as: admin }, 403, 'forbidden');
    await expectProblem('deleteOwnUser', { ...own, as: other.token }, 404, 'user_not_found');
    await expectProblem('deleteUser', { ids: [user.id] }, 401, 'unauthenticated');
    await expectProblem('deleteUser', { ids: [user.id], as: writer }, 403, 'forbidden');
    await expectProblem('deleteUser', { ids: [user.id], as: user.token }, 403, 'forbidden');
    await expectProblem('deleteUser', { ids: ['x'], as: admin }, 422, 'validation_failed');
    const stale = { ids: [user.id], as: admin, headers: { 'if-match': '"7"' } };
    await expectProblem('deleteUser', stale, 412, 'version_mismatch');
    expect((await call('deleteUser', { ids: [user.id], as: admin })).status).toBe(204);
    await expectProblem('deleteUser', { ids: [user.id], as: admin }, 404, 'user_not_found');
  });
});

describe('lists', () => {
  test('pages have every user once, in order', async () => {
    const reader = await app.serviceKey('users:read');
    for (let index = 0; index < 5; index += 1) await app.user();
    const ids: string[] = [];
    let query = '?limit=2';
    for (let page = 0; page < 200 && query !== ''; page += 1) {
      const { body } = await call('listUsers', { as: reader, query });
      const users = body.users as { id: string }[];
      expect(users.length).toBeLessThanOrEqual(2);
      ids.push(...users.map(({ id }) => id));
      query = body.next_cursor === null ? '' : `?limit=2&cursor=${body.next_cursor}`;
    }
    expect(ids.length).toBeGreaterThan(5);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  test('a user is found by address in any spelling, and by part of a name or address', async () => {
    const reader = await app.serviceKey('users:read');
    const body = { ...person('needle@haystack.example'), last_name: 'Åström-Nyqvist' };
    const { body: user } = await call('registerUser', { body });
    const find = async (query: string) =>
      (await call('listUsers', { as: reader, query })).body.users as unknown[];
    expect(await find('?email=NEEDLE@Haystack.example')).toEqual([user]);
    expect(await find('?q=nyqvist')).toEqual([user]);
    expect(await find('?q=haystack')).toEqual([user]);
    expect(await find('?email=unknown@haystack.example')).toEqual([]);
    expect(await find('?q=%25n')).toEqual([]);
  });

  test('lists need the scope users:read', async () => {
    const user = await app.user();
    const reader = await app.serviceKey('users:read');
    await expectProblem('listUsers', {}, 401, 'unauthenticated');
    await expectProblem('listUsers', { as: user.token }, 403, 'forbidden');
    for (const query of ['?q=', '?q=%25', '?q=%00', '?email=x', '?limit=0']) {
      await expectProblem('listUsers', { as: reader, query }, 422, 'validation_failed');
    }
  });

  test('public profiles are in the requested order, with the unknown ids', async () => {
    const [user, other] = [await app.user(), await app.user()];
    const writer = await app.serviceKey('users:write');
    const body = { ids: [other.id.toUpperCase(), UNKNOWN_ID, user.id, other.id] };
    const answer = await call('getPublicProfiles', { as: user.token, body });
    expect(answer.body).toEqual({
      profiles: [other.id, user.id].map((id) => ({ id, first_name: 'Per', last_name: 'Son' })),
      missing: [UNKNOWN_ID],
    });
    await expectProblem('getPublicProfiles', { body }, 401, 'unauthenticated');
    await expectProblem('getPublicProfiles', { as: writer, body }, 403, 'forbidden');
    const malformed = { as: user.token, body: { ids: ['x'] } };
    const refused = await expectProblem('getPublicProfiles', malformed, 422, 'validation_failed');
    expect(refused.body.errors?.[0]?.pointer).toBe('/ids/0');
  });
});

describe('sessions', () => {
  test('a sign-in returns tokens; every failure returns the same error', async () => {
    const user = await app.user();
    const { email, password } = user;
    const { status, body } = await call('signIn', { body: { email, password } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    const refusals = await Promise.all(
      [
        { email, password: 'wrong' },
        { email: 'unknown@example.com', password },
        { email: 'no address', password },
        { email, password: '' },
      ].map((attempt) => expectProblem('signIn', { body: attempt }, 401, 'invalid_credentials')),
    );
    const shapes = refusals.map(({ body: problem, headers }) => {
      const { request_id: _id, instance: _instance, ...rest } = problem;
      return JSON.stringify([rest, Object.keys(headers), headers['content-length']]);
    });
    expect(new Set(shapes).size).toBe(1);
    await expectProblem('signIn', { body: { email } }, 422, 'validation_failed');
  });

  test('a refresh rotates the token, and an immediate repetition returns the same successor', async () => {
    const user = await app.user();
    const refresh = (token: string) => call('refreshSession', { body: { refresh_token: token } });
    const first = await refresh(user.refreshToken);
    const again = await refresh(user.refreshToken);
    expect([first.status, again.body.refresh_token]).toEqual([200, first.body.refresh_token]);
    expect((await refresh('nonsense')).status).toBe(401);
    await expectProblem('refreshSession', { body: {} }, 422, 'validation_failed');
    const headers = { 'x-user-service-session': 'cookie' };
    const inCookieMode = { body: {}, headers };
    await expectProblem('refreshSession', inCookieMode, 403, 'session_cookie_refused');
  });

  test('a user authenticates again and gets a new session', async () => {
    const user = await app.user();
    const again = (as: string, password: string) =>
      call('reauthenticateSession', { as, body: { password } });
    const wrong = await again(user.token, 'wrong one');
    expect([wrong.status, wrong.body.errors?.[0]?.pointer]).toEqual([422, '/password']);
    const renewed = await again(user.token, user.password);
    expect([renewed.status, renewed.body.token_type]).toEqual([200, 'Bearer']);
    await expectProblem(
      'reauthenticateSession',
      { as: user.token, body: { password: user.password } },
      401,
      'invalid_token',
    );
    const admin = await app.serviceKey('users:admin');
    const service = { as: admin, body: { password: user.password } };
    await expectProblem('reauthenticateSession', service, 403, 'forbidden');
  });

  test('users list and end their own sessions', async () => {
    const user = await app.user();
    const { email, password } = user;
    const second = await call('signIn', {
      body: { email, password },
      headers: { 'user-agent': 'curl/8' },
    });
    const list = async () =>
      (await call('listSessions', { as: user.token })).body.sessions as Record<string, unknown>[];
    expect(await list()).toMatchObject([
      { id: second.body.session_id, user_agent: 'curl/8', ip: '127.0.0.1', current: false },
      { id: user.sessionId, current: true },
    ]);
    const ids = [String(second.body.session_id)];
    expect((await call('endSession', { ids, as: user.token })).status).toBe(204);
    await expectProblem('endSession', { ids, as: user.token }, 404, 'session_not_found');
    const secondToken = String(second.body.access_token);
    await expectProblem('getMe', { as: secondToken }, 401, 'invalid_token');
    expect((await call('endCurrentSession', { as: user.token })).status).toBe(204);
    await expectProblem('listSessions', { as: user.token }, 401, 'invalid_token');
    const third = await call('signIn', { body: { email, password } });
    const thirdToken = String(third.body.access_token);
    expect((await call('endAllSessions', { as: thirdToken })).status).toBe(204);
    await expectProblem('getMe', { as: thirdToken }, 401, 'invalid_token');
  });

  test.each([
    ['listSessions', []],
    ['endAllSessions', []],
    ['endCurrentSession', []],
    ['endSession', [UNKNOWN_ID]],
  ])('%s is for signed-in users only', async (operationId, ids) => {
    const admin = await app.serviceKey('users:admin');
    await expectProblem(operationId, { ids }, 401, 'unauthenticated');
    await expectProblem(operationId, { ids, as: admin }, 403, 'forbidden');
  });

  test('an administrator lists and ends the sessions of a user', async () => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    const { email, password } = user;
    const second = await call('signIn', { body: { email, password } });
    const listed = await call('listUserSessions', { ids: [user.id], as: admin });
    expect(listed.body.sessions).toHaveLength(2);
    const one = { ids: [user.id, String(second.body.session_id)], as: admin };
    expect((await call('endUserSession', one)).status).toBe(204);
    await expectProblem('endUserSession', one, 404, 'session_not_found');
    expect((await call('endUserSessions', { ids: [user.id], as: admin })).status).toBe(204);
    await expectProblem('getMe', { as: user.token }, 401, 'invalid_token');
    const unknown = { ids: [UNKNOWN_ID], as: admin };
    await expectProblem('endUserSessions', unknown, 404, 'user_not_found');
    expect((await call('listUserSessions', unknown)).body.sessions).toEqual([]);
    await expectProblem('endSession', { ids: ['x'], as: user.token }, 401, 'invalid_token');
  });

  test('an administrator sees failed sign-ins and ends their counters', async () => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    await call('signIn', { body: { email: user.email, password: 'not this one' } });
    const request = { ids: [user.id], as: admin };
    expect((await call('listSignInFailures', request)).body.failures).toMatchObject([
      { factor: 'password', known_device: false, failures: 1, blocked_until: null },
    ]);
    expect((await call('unlockUser', request)).status).toBe(204);
    expect((await call('listSignInFailures', request)).body.failures).toEqual([]);
    const unknown = { ids: [UNKNOWN_ID], as: admin };
    await expectProblem('listSignInFailures', unknown, 404, 'user_not_found');
    await expectProblem('unlockUser', unknown, 404, 'user_not_found');
  });

  test.each([
    ['listUserSessions', [UNKNOWN_ID], ['x']],
    ['listUserActs', [UNKNOWN_ID], ['x']],
    ['endUserSessions', [UNKNOWN_ID], ['x']],
    ['endUserSession', [UNKNOWN_ID, UNKNOWN_ID], ['x', 'y']],
    ['listSignInFailures', [UNKNOWN_ID], ['x']],
    ['unlockUser', [UNKNOWN_ID], ['x']],
  ])('%s is for administrators only', async (operationId, ids, malformed) => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    await expectProblem(operationId, { ids }, 401, 'unauthenticated');
    await expectProblem(operationId, { ids, as: user.token }, 403, 'forbidden');
    const request = { ids: malformed, as: admin };
    const refused = await expectProblem(operationId, request, 422, 'validation_failed');
    expect(refused.body.errors).toHaveLength(malformed.length);
  });

  test('an invalid session id is 422', async () => {
    const user = await app.user();
    await expectProblem('endSession', { ids: ['x'], as: user.token }, 422, 'validation_failed');
  });
});

describe('copies of users', () => {
  test('a batch has users and missing ids, each once and in order', async () => {
    const user = await app.user();
    const reader = await app.serviceKey('users:read');
    const body = { ids: [UNKNOWN_ID, user.id.toUpperCase(), user.id] };
    const answer = await call('getUsers', { as: reader, body });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { users: [{ id: user.id, version: 1, email: user.email }], missing: [UNKNOWN_ID] },
    ]);
    await expectProblem('getUsers', { body }, 401, 'unauthenticated');
    await expectProblem('getUsers', { as: user.token, body }, 403, 'forbidden');
    const many = { as: reader, body: { ids: Array.from({ length: 501 }, () => UNKNOWN_ID) } };
    const refused = await expectProblem('getUsers', many, 422, 'validation_failed');
    expect(refused.body.errors).toMatchObject([{ pointer: '/ids', code: 'wrong_count' }]);
  });

  test('an export has each user once, and ends with the position where events go on', async () => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    const follower = await app.serviceKey('events:read');
    const { text } = await call('exportUsers', { as: admin });
    const lines = text.split('\n').map((line) => (line === '' ? null : JSON.parse(line)));
    expect(lines.pop()).toBeNull();
    const { position } = lines.pop();
    expect(lines.filter(({ id }) => id === user.id)).toMatchObject([{ email: user.email }]);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
    const none = await call('readEvents', { as: follower, query: `?after=${position}` });
    expect(none.text).toBe('');
    const later = await app.user();
    const query = `?after=${position}&types=user.*`;
    const next = await call('readEvents', { as: follower, query });
    const [event, record] = next.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(event).toMatchObject({ type: 'user-service.user.created.v1', subject: later.id });
    expect(next.headers.link).toContain(`after=${record.position}&`);
    await expectProblem('exportUsers', {}, 401, 'unauthenticated');
    await expectProblem('exportUsers', { as: follower }, 403, 'forbidden');
  });
});

describe('events', () => {
  test('pages are CloudEvents with numbers without gaps, each page where the last one ended', async () => {
    const follower = await app.serviceKey('events:read');
    await app.user();
    const sequences: number[] = [];
    let query = '?limit=3';
    for (;;) {
      const page = await call('readEvents', { as: follower, query });
      if (page.text === '') break;
      const lines = page.text.trimEnd().split('\n');
      sequences.push(...lines.map((line) => Number(JSON.parse(line).sequence)));
      query = /<[^?]*([^>]*)>; rel="next"/.exec(String(page.headers.link))?.[1] ?? '';
    }
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(sequences.length).toBeGreaterThan(1);
  });

  test('a position of another feed, and one that was never reached, are gone', async () => {
    const as = await app.serviceKey('events:read');
    await app.user();
    for (const after of ['999999999', '1-00000000']) {
      const request = { as, query: `?after=${after}` };
      const answer = await expectProblem('readEvents', request, 410, 'position_gone');
      expect(answer.body.oldest).toBe('0');
    }
  });

  test.each([
    ['after', 'x', 'position_invalid'],
    ['after', '-1', 'position_invalid'],
    ['after', '1-zzzzzzzz', 'position_invalid'],
    ['after', '1234567890123456', 'position_invalid'],
    ['types', '', 'event_type_unknown'],
    ['types', 'user.created,', 'event_type_unknown'],
    ['types', 'user', 'event_type_unknown'],
    ['types', Array.from({ length: 51 }, () => 'user.created').join(), 'event_type_unknown'],
    ['user', 'ada', 'wrong_format'],
    ['limit', '0', 'out_of_range'],
    ['limit', '1001', 'out_of_range'],
    ['wait', '-1s', 'wait_invalid'],
    ['wait', '25m', 'wait_invalid'],
    ['wait', '1000s', 'wait_invalid'],
  ])('%s=%s is refused', async (name, value, code) => {
    const as = await app.serviceKey('events:read');
    const request = { as, query: `?${name}=${encodeURIComponent(value)}` };
    const answer = await expectProblem('readEvents', request, 422, 'validation_failed');
    expect(answer.body.errors).toMatchObject([{ pointer: `/query/${name}`, code }]);
  });

  test('a wrong Last-Event-ID is refused by its name', async () => {
    const as = await app.serviceKey('events:read');
    const headers = { accept: 'text/event-stream', 'last-event-id': 'yesterday' };
    const answer = await expectProblem('readEvents', { as, headers }, 422, 'validation_failed');
    expect(answer.body.errors).toMatchObject([{ pointer: '/header/Last-Event-ID' }]);
    await expectProblem('readEvents', {}, 401, 'unauthenticated');
    await expectProblem('readEvents', { as: (await app.user()).token }, 403, 'forbidden');
  });
});

describe('revocations', () => {
  test('the whole set has each ended session, and pages go on behind it', async () => {
    const user = await app.user();
    const as = await app.serviceKey('tokens:introspect');
    const before = await call('readRevocations', { as });
    await app.call('DELETE', '/v1/sessions/current', { as: user.token });
    const whole = await call('readRevocations', { as });
    const lines = whole.text.trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.at(-1)).toEqual({ position: expect.any(String) });
    const next = /<[^?]*([^>]*)>; rel="next"/.exec(String(before.headers.link))?.[1] ?? '';
    const page = await call('readRevocations', { as, query: next });
    expect(JSON.parse(page.text)).toEqual(entries.at(-2));
    expect(page.headers.link).toContain(`after=${entries.at(-1).position}`);
    const headers = { 'if-none-match': String(whole.headers.etag) };
    expect((await call('readRevocations', { as, headers })).status).toBe(304);
  });

  test.each([
    ['after', 'latest', 'position_invalid'],
    ['after', '1-x', 'position_invalid'],
    ['wait', '25m', 'wait_invalid'],
  ])('%s=%s is refused', async (name, value, code) => {
    const as = await app.serviceKey('tokens:introspect');
    const request = { as, query: `?${name}=${value}` };
    const answer = await expectProblem('readRevocations', request, 422, 'validation_failed');
    expect(answer.body.errors).toMatchObject([{ pointer: `/query/${name}`, code }]);
  });

  test('they are for services that introspect tokens, and a position that was never reached is gone', async () => {
    const as = await app.serviceKey('tokens:introspect');
    const request = { as, query: '?after=999999999' };
    const answer = await expectProblem('readRevocations', request, 410, 'position_gone');
    expect(answer.body.oldest).toBe('0');
    await expectProblem('readRevocations', {}, 401, 'unauthenticated');
    const reader = await app.serviceKey('users:read');
    await expectProblem('readRevocations', { as: reader }, 403, 'forbidden');
    const headers = { accept: 'text/event-stream', 'last-event-id': 'yesterday' };
    await expectProblem('readRevocations', { as, headers }, 422, 'validation_failed');
    const malformed = { as, headers: { 'if-none-match': 'x' } };
    await expectProblem('readRevocations', malformed, 400, 'malformed_request');
  });
});

describe('the end of all sessions', () => {
  const body = { reason: 'Ticket 4711' };

  test('it ends every session, for administrators only, and the record has the act', async () => {
    const users = [await app.user(), await app.user()];
    const admin = await app.serviceKey('users:admin');
    const writer = await app.serviceKey('users:write');
    await expectProblem('revokeAllSessions', { body }, 401, 'unauthenticated');
    await expectProblem('revokeAllSessions', { as: writer, body }, 403, 'forbidden');
    const [{ token }] = users as [(typeof users)[number]];
    await expectProblem('revokeAllSessions', { as: token, body }, 403, 'forbidden');
    await expectProblem('revokeAllSessions', { as: admin, body: {} }, 422, 'validation_failed');
    expect((await call('getMe', { as: token })).status).toBe(200);
    const answer = await call('revokeAllSessions', { as: admin, body });
    expect([answer.status, Object.keys(answer.body)]).toEqual([200, ['not_before']]);
    for (const { token: own } of users) {
      await expectProblem('getMe', { as: own }, 401, 'invalid_token');
    }
    const ids = ['00000000-0000-0000-0000-000000000000'];
    const listed = await call('listUserActs', { ids, as: admin });
    expect(listed.body.acts).toMatchObject([{ action: 'revoke_all_sessions', ...body }]);
  });
});

describe('tokens', () => {
  test('introspection knows active access tokens only', async () => {
    const user = await app.user();
    const inspector = await app.serviceKey('tokens:introspect');
    const introspect = async (token: string) =>
      (await call('introspectToken', { as: inspector, body: { token } })).body;
    expect(await introspect(user.token)).toMatchObject({
      active: true,
      sub: user.id,
      sid: user.sessionId,
      client_id: 'first-party',
      aud: 'user-service',
      token_type: 'Bearer',
    });
    expect(await introspect(user.refreshToken)).toEqual({ active: false });
    expect(await introspect(inspector)).toEqual({ active: false });
    await call('endCurrentSession', { as: user.token });
    expect(await introspect(user.token)).toEqual({ active: false });
    await expectProblem('introspectToken', { body: { token: 'x' } }, 401, 'unauthenticated');
    const reader = await app.serviceKey('users:read');
    const request = { as: reader, body: { token: 'x' } };
    await expectProblem('introspectToken', request, 403, 'forbidden');
    const empty = { as: inspector, body: {} };
    await expectProblem('introspectToken', empty, 422, 'validation_failed');
  });

  test('the key set has the public key of an access token', async () => {
    const user = await app.user();
    const { body } = await call('getKeySet');
    const [header = ''] = user.token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    expect((body.keys as { kid: string }[]).map((key) => key.kid)).toContain(kid);
    expect(body.keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519' }]);
  });

  test('a revoked service key is rejected at once', async () => {
    const created = await app.operate('POST', '/v1/service-accounts', {
      body: { name: 'short-lived', scopes: ['users:read'] },
    });
    const key = String(created.body.key);
    expect((await call('listUsers', { as: key })).status).toBe(200);
    await app.operate('DELETE', `/v1/service-accounts/${created.body.id}`);
    await expectProblem('listUsers', { as: key }, 401, 'invalid_token');
  });
});

describe('governing accounts', () => {
  const body = { reason: 'Reported as taken over' };

  test.each([
    ['disableUser', 'disabled'],
    ['enableUser', 'active'],
    ['expirePassword', 'active'],
  ])('%s returns the user, and is for administrators only', async (operationId, status) => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    const writer = await app.serviceKey('users:write');
    const ids = [user.id];
    const answer = await call(operationId, { ids, as: admin, body });
    expect([answer.status, answer.body.status]).toEqual([200, status]);
    await expectProblem(operationId, { ids, body }, 401, 'unauthenticated');
    await expectProblem(operationId, { ids, as: writer, body }, 403, 'forbidden');
    const own = await app.user();
    await expectProblem(operationId, { ids: [own.id], as: own.token, body }, 403, 'forbidden');
    const unknown = { ids: [UNKNOWN_ID], as: admin, body };
    await expectProblem(operationId, unknown, 404, 'user_not_found');
    await expectProblem(operationId, { ids, as: admin, body: {} }, 422, 'validation_failed');
  });

  test('a password reset is sent by administrators, and the record has the act', async () => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    const ids = [user.id];
    expect((await call('sendPasswordReset', { ids, as: admin, body })).status).toBe(204);
    const listed = await call('listUserActs', { ids, as: admin });
    expect(listed.body.acts).toMatchObject([{ action: 'send_password_reset', ...body }]);
    await expectProblem('sendPasswordReset', { ids, body }, 401, 'unauthenticated');
    const writer = await app.serviceKey('users:write');
    await expectProblem('sendPasswordReset', { ids, as: writer, body }, 403, 'forbidden');
    const unknown = { ids: [UNKNOWN_ID], as: admin, body };
    await expectProblem('sendPasswordReset', unknown, 404, 'user_not_found');
    const empty = { ids, as: admin, body: {} };
    await expectProblem('sendPasswordReset', empty, 422, 'validation_failed');
  });

  test('a sign-in with an expired password gets a code of its own, and the record has the act', async () => {
    const user = await app.user();
    const admin = await app.serviceKey('users:admin');
    await call('expirePassword', { ids: [user.id], as: admin, body });
    const credentials = { email: user.email, password: user.password };
    await expectProblem('signIn', { body: credentials }, 403, 'password_expired');
    const listed = await call('listUserActs', { ids: [user.id], as: admin });
    expect(listed.status).toBe(200);
    expect(listed.body.acts).toMatchObject([{ action: 'expire_password', reason: body.reason }]);
  });
});

describe('invitations', () => {
  test('an administrator invites, lists page by page and revokes; no response has the token', async () => {
    const admin = await app.serviceKey('users:admin');
    const names = { first_name: 'Grace', locale: 'pt-br' };
    const body = { email: 'Grace@Example.com', ...names, expires_in: 3_600 };
    const created = await call('createInvitation', { as: admin, body });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      email: 'grace@example.com',
      first_name: 'Grace',
      last_name: null,
      locale: 'pt-BR',
    });
    const { created_at, expires_at } = created.body as Record<string, string>;
    expect(Date.parse(expires_at ?? '') - Date.parse(created_at ?? '')).toBe(3_600_000);
    await call('createInvitation', { as: admin, body: { email: 'later@example.com' } });
    const listed: unknown[] = [];
    let query = '?limit=1';
    for (let page = 0; page < 20; page += 1) {
      const { status, body: found } = await call('listInvitations', { as: admin, query });
      expect(status).toBe(200);
      listed.push(...(found.invitations as unknown[]));
      if (found.next_cursor === null) break;
      query = `?limit=1&cursor=${found.next_cursor}`;
    }
    expect(listed).toContainEqual(created.body);
    expect(JSON.stringify(listed)).not.toContain('uit_');
    const ids = [String(created.body.id)];
    expect((await call('revokeInvitation', { ids, as: admin })).status).toBe(204);
    await expectProblem('revokeInvitation', { ids, as: admin }, 404, 'invitation_not_found');
  });

  test('another invitation of an address ends the one before', async () => {
    const first = await app.invite('twice@example.com');
    const second = await app.invite('twice@example.com');
    const look = (token: string) => ({ body: { token } });
    await expectProblem('lookUpInvitation', look(first), 422, 'invitation_invalid');
    const { status, body } = await call('lookUpInvitation', look(second));
    expect([status, body.email]).toEqual([200, 'twice@example.com']);
    expect((await call('lookUpInvitation', look(second))).status).toBe(200);
  });

  test('wrong input is named, and a registered address is no guest', async () => {
    const admin = await app.serviceKey('users:admin');
    const user = await app.user();
    const invite = (body: object) => ({ as: admin, body });
    await expectProblem('createInvitation', invite({ email: user.email }), 409, 'email_taken');
    const wrong = { email: 'x', first_name: '', last_name: '\u0000', locale: 'x'.repeat(36) };
    const refused = await expectProblem(
      'createInvitation',
      invite(wrong),
      422,
      'validation_failed',
    );
    expect(refused.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/email',
      '/first_name',
      '/last_name',
      '/locale',
    ]);
    for (const expires_in of [59, 2_592_001]) {
      const body = { email: 'long@example.com', expires_in };
      await expectProblem('createInvitation', invite(body), 422, 'validation_failed');
    }
    const cursor = { as: admin, query: '?cursor=abc' };
    await expectProblem('listInvitations', cursor, 422, 'validation_failed');
    const revoke = { as: admin, ids: ['x'] };
    await expectProblem('revokeInvitation', revoke, 422, 'validation_failed');
  });

  test('only administrators manage invitations', async () => {
    const writer = await app.serviceKey('users:write');
    const requests = {
      createInvitation: { body: { email: 'no@example.com' } },
      listInvitations: {},
      revokeInvitation: { ids: [UNKNOWN_ID] },
    };
    for (const [operationId, request] of Object.entries(requests)) {
      await expectProblem(operationId, request, 401, 'unauthenticated');
      await expectProblem(operationId, { ...request, as: writer }, 403, 'forbidden');
    }
  });
});

describe('webhooks', () => {
  const url = 'https://hooks.example.com/users';
  let admin = '';
  let id = '';
  beforeAll(async () => {
    admin = await app.serviceKey('webhooks:admin');
    const { body } = await call('createWebhookEndpoint', { as: admin, body: { url } });
    id = String(body.id);
  });

  test('an endpoint is created with its secret, read, changed and deleted', async () => {
    const body = { url, types: ['user.*'], ordered: true, scheme: 'v1a', description: 'CRM' };
    const created = await call('createWebhookEndpoint', { as: admin, body });
    expect(created.status).toBe(201);
    expect(created.headers.location).toBe(`/v1/webhook-endpoints/${created.body.id}`);
    const { secret, ...endpoint } = created.body;
    expect(secret).toBeNull();
    expect(endpoint).toMatchObject({
      ...{ url, types: ['user.*'], ordered: true, enabled: true, version: 1 },
      secrets: [{ scheme: 'v1a', public_key: expect.stringMatching(/^whpk_/), expires_at: null }],
    });
    const ids = [String(endpoint.id)];
    const read = await call('getWebhookEndpoint', { as: admin, ids });
    expect([read.status, read.body, read.headers.etag]).toEqual([200, endpoint, '"1"']);
    const listed = await call('listWebhookEndpoints', { as: admin });
    expect(listed.body.webhook_endpoints).toContainEqual(endpoint);
    const change = { as: admin, ids, body: { enabled: false, types: null, description: null } };
    const old = { ...change, headers: { 'if-match': '"9"' } };
    await expectProblem('patchWebhookEndpoint', old, 412, 'version_mismatch');
    const changed = await call('patchWebhookEndpoint', {
      ...{ ...change, headers: { 'if-match': '"1"' } },
    });
    expect(changed.body).toMatchObject({
      ...{ enabled: false, disabled_reason: 'by_operator', types: null, description: null },
      ...{ version: 2, url, ordered: true },
    });
    const stale = { as: admin, ids, headers: { 'if-match': '"1"' } };
    await expectProblem('deleteWebhookEndpoint', stale, 412, 'version_mismatch');
    expect((await call('deleteWebhookEndpoint', { as: admin, ids })).status).toBe(204);
    for (const operationId of ['getWebhookEndpoint', 'deleteWebhookEndpoint']) {
      const gone = { as: admin, ids };
      await expectProblem(operationId, gone, 404, 'webhook_endpoint_not_found');
    }
    await expectProblem('patchWebhookEndpoint', change, 404, 'webhook_endpoint_not_found');
  });

  test('a secret is shown once, and at most five sign at the same time', async () => {
    const { body } = await call('createWebhookEndpoint', { as: admin, body: { url } });
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const ids = [String(body.id)];
    expect((await call('getWebhookEndpoint', { as: admin, ids })).text).not.toContain('whsec_');
    const rotate = (overlap: number) => ({ as: admin, ids, body: { overlap } });
    for (let count = 2; count <= 5; count += 1) {
      const rotated = await call('rotateWebhookSecret', rotate(60));
      expect([rotated.status, (rotated.body.secrets as unknown[]).length]).toEqual([201, count]);
    }
    await expectProblem('rotateWebhookSecret', rotate(60), 409, 'webhook_limit_reached');
    expect((await call('rotateWebhookSecret', rotate(0))).body.secrets).toHaveLength(1);
    const unknown = { as: admin, ids: [UNKNOWN_ID], body: {} };
    await expectProblem('rotateWebhookSecret', unknown, 404, 'webhook_endpoint_not_found');
  });

  test('a test and its log; what does not exist is told', async () => {
    const tested = await call('testWebhookEndpoint', { as: admin, ids: [id] });
    expect([tested.status, tested.body.type]).toEqual([202, 'webhook.test']);
    const ids = [id, String(tested.body.id)];
    expect((await call('getWebhookDelivery', { as: admin, ids })).body).toMatchObject({ log: [] });
    const listed = await call('listWebhookDeliveries', { as: admin, ids: [id] });
    expect([listed.status, listed.body.deliveries]).toEqual([200, [tested.body]]);
    expect((await call('redeliverWebhook', { as: admin, ids })).status).toBe(202);
    const all = { as: admin, ids: [id], body: { status: 'any' } };
    expect((await call('redeliverWebhooks', all)).body).toEqual({ count: 0 });
    const noDelivery = { as: admin, ids: [id, UNKNOWN_ID] };
    for (const operationId of ['getWebhookDelivery', 'redeliverWebhook']) {
      await expectProblem(operationId, noDelivery, 404, 'webhook_delivery_not_found');
    }
    const noEndpoint = { as: admin, ids: [UNKNOWN_ID] };
    for (const operationId of ['testWebhookEndpoint', 'listWebhookDeliveries']) {
      await expectProblem(operationId, noEndpoint, 404, 'webhook_endpoint_not_found');
    }
    const none = { ...noEndpoint, body: {} };
    await expectProblem('redeliverWebhooks', none, 404, 'webhook_endpoint_not_found');
  });

  test('wrong input is named', async () => {
    const wrong = { url: 'http://127.0.0.1/', types: ['user.flown'], description: '' };
    const { body } = await expectProblem(
      'createWebhookEndpoint',
      { as: admin, body: wrong },
      422,
      'validation_failed',
    );
    expect(body.errors?.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
      '/description webhook_description',
      '/types event_type_unknown',
      '/url webhook_url',
    ]);
    const ids = [id];
    const requests = {
      patchWebhookEndpoint: { ids, body: { url: 'https://10.0.0.1/' } },
      redeliverWebhooks: { ids, body: { since: 'yesterday' } },
      listWebhookDeliveries: { ids, query: '?cursor=abc' },
      rotateWebhookSecret: { ids, body: { overlap: -1 } },
      getWebhookEndpoint: { ids: ['x'] },
      deleteWebhookEndpoint: { ids: ['x'] },
      testWebhookEndpoint: { ids: ['x'] },
      getWebhookDelivery: { ids: [id, 'x'] },
      redeliverWebhook: { ids: [id, 'x'] },
    };
    for (const [operationId, request] of Object.entries(requests)) {
      await expectProblem(operationId, { as: admin, ...request }, 422, 'validation_failed');
    }
  });

  test('at most a hundred endpoints exist', async () => {
    let created = await call('createWebhookEndpoint', { as: admin, body: { url } });
    for (let count = 0; count < 100 && created.status === 201; count += 1) {
      created = await call('createWebhookEndpoint', { as: admin, body: { url } });
    }
    expect([created.status, created.body.code]).toEqual([409, 'webhook_limit_reached']);
  });

  test('only a service with the scope manages webhooks', async () => {
    const other = await app.serviceKey('users:admin', 'events:read');
    const ids = [id, UNKNOWN_ID];
    const requests = {
      ...{ createWebhookEndpoint: { body: { url } }, listWebhookEndpoints: {} },
      ...{ getWebhookEndpoint: { ids }, deleteWebhookEndpoint: { ids } },
      patchWebhookEndpoint: { ids, body: { enabled: true } },
      rotateWebhookSecret: { ids, body: {} },
      ...{ testWebhookEndpoint: { ids }, listWebhookDeliveries: { ids } },
      ...{ getWebhookDelivery: { ids }, redeliverWebhook: { ids } },
      redeliverWebhooks: { ids, body: {} },
    };
    for (const [operationId, request] of Object.entries(requests)) {
      await expectProblem(operationId, request, 401, 'unauthenticated');
      await expectProblem(operationId, { ...request, as: other }, 403, 'forbidden');
    }
  });
});

describe('OAuth endpoints', () => {
  const form = (fields: Readonly<Record<string, string>>, headers = {}) => ({
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

  test.each(['getAuthorizationServerMetadata', 'getOpenIdConfiguration'])(
    '%s names the endpoints',
    async (operationId) => {
      const { body } = await call(operationId);
      expect(body).toMatchObject({
        issuer: 'http://service.test',
        token_endpoint: 'http://service.test/v1/oauth/token',
      });
    },
  );

  test('a refresh token is exchanged, and an unknown one is invalid_grant', async () => {
    const user = await app.user();
    const refresh = (refresh_token: string) =>
      call('requestToken', form({ grant_type: 'refresh_token', refresh_token }));
    const refreshed = await refresh(user.refreshToken);
    expect([refreshed.status, refreshed.body.token_type]).toEqual([200, 'Bearer']);
    expect(await refresh('unknown')).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  test('a service account gets a token, and an unknown client invalid_client', async () => {
    const created = await app.operate('POST', '/v1/service-accounts', {
      body: { name: 'gateway', scopes: ['users:read'] },
    });
    const request = (client_secret: string) =>
      call(
        'requestToken',
        form({ grant_type: 'client_credentials', client_id: 'gateway', client_secret }),
      );
    const granted = await request(String(created.body.key));
    expect(granted.status).toBe(200);
    expect((await call('listUsers', { as: String(granted.body.access_token) })).status).toBe(200);
    const refused = await request('usk_unknown');
    expect([refused.status, refused.body]).toMatchObject([401, { error: 'invalid_client' }]);
    expect(refused.headers['www-authenticate']).toBe('Basic realm="user-service"');
  });

  test('a revoked token ends its session, and any other token is no failure', async () => {
    const user = await app.user();
    expect((await call('revokeToken', form({ token: user.refreshToken }))).status).toBe(200);
    await expectProblem('getMe', { as: user.token }, 401, 'invalid_token');
    expect((await call('revokeToken', form({ token: 'unknown' }))).status).toBe(200);
    expect((await call('revokeToken', form({}))).body.error).toBe('invalid_request');
    const client = form({ token: 'x', client_id: 'else' });
    expect((await call('revokeToken', client)).status).toBe(401);
  });
});

describe('verification and recovery', () => {
  const UNKNOWN = 'unknown@example.com';
  const requests = ['requestEmailVerification', 'requestPasswordReset'] as const;

  test.each(requests)('%s answers 202 for every address, and names a bad one', async (name) => {
    const user = await app.user();
    for (const email of [user.email, UNKNOWN]) {
      const { status, body } = await call(name, { body: { email } });
      expect([status, Object.keys(body)]).toEqual([202, ['challenge_id', 'expires_in']]);
    }
    await expectProblem(name, { body: { email: 'x' } }, 422, 'validation_failed');
  });

  test('an address is verified once', async () => {
    const user = await app.user();
    const body = { token: await app.challenge('verify', user) };
    expect((await call('confirmEmailVerification', { body })).status).toBe(204);
    await expectProblem('confirmEmailVerification', { body }, 422, 'challenge_invalid');
    const me = await call('getMe', { as: user.token });
    expect(me.body).toMatchObject({ email_verified: true, version: 2 });
  });

  test('a proof is either a token or a code with its challenge', async () => {
    const code = { challenge_id: UNKNOWN_ID, code: '123456' };
    const wrong = [{}, { code: '123456' }, { token: 'x', ...code }, { challenge_id: UNKNOWN_ID }];
    for (const body of wrong) {
      const { body: problem } = await expectProblem(
        'confirmEmailVerification',
        { body },
        422,
        'validation_failed',
      );
      expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/token']);
    }
    await expectProblem('confirmEmailVerification', { body: code }, 422, 'challenge_invalid');
  });

  test('a password is reset once, and all sessions end', async () => {
    const user = await app.user();
    const body = {
      token: await app.challenge('reset', user),
      new_password: 'violet rivers hum softly',
    };
    expect((await call('confirmPasswordReset', { body })).status).toBe(204);
    await expectProblem('confirmPasswordReset', { body }, 422, 'challenge_invalid');
    await expectProblem('getMe', { as: user.token }, 401, 'invalid_token');
  });

  test('a new address is requested with the password, and proven', async () => {
    const user = await app.user();
    const body = { email: 'moved@example.com', current_password: user.password };
    expect((await call('requestEmailChange', { as: user.token, body })).status).toBe(202);
    await expectProblem('requestEmailChange', { body }, 401, 'unauthenticated');
    const key = await app.serviceKey('users:write');
    await expectProblem('requestEmailChange', { as: key, body }, 403, 'forbidden');
    const proof = { token: await app.challenge('change', { ...user, email: body.email }) };
    expect((await call('confirmEmailChange', { body: proof })).status).toBe(204);
    await expectProblem('confirmEmailChange', { body: proof }, 422, 'challenge_invalid');
    const same = { ...body, email: body.email };
    const again = { as: user.token, body: same };
    await expectProblem('requestEmailChange', again, 422, 'validation_failed');
  });

  test('an address that was taken meanwhile is refused', async () => {
    const [user, other] = [await app.user(), await app.user()];
    const body = { token: await app.challenge('change', { ...user, email: other.email }) };
    await expectProblem('confirmEmailChange', { body }, 409, 'email_taken');
    const undo = { token: await app.challenge('undo', { ...user, email: other.email }) };
    await expectProblem('undoEmailChange', { body: undo }, 409, 'email_taken');
  });

  test('a change of address is taken back once', async () => {
    const user = await app.user();
    const body = { token: await app.challenge('undo', { ...user, email: 'first@example.com' }) };
    expect((await call('undoEmailChange', { body })).status).toBe(204);
    await expectProblem('undoEmailChange', { body }, 422, 'challenge_invalid');
    await expectProblem('getMe', { as: user.token }, 401, 'invalid_token');
  });
});

describe('operations', () => {
  test.each(['getLiveness', 'getReadiness', 'getHealth', 'getMetrics', 'getOpenApi', 'getDocs'])(
    '%s returns 200',
    async (operationId) => {
      expect((await call(operationId)).status).toBe(200);
    },
  );

  test('metrics count requests by route template', async () => {
    const user = await app.user();
    await call('getUser', { ids: [user.id], as: user.token });
    const { text } = await call('getMetrics');
    expect(text).toContain('/v1/users/{id}');
    expect(text).not.toContain(user.id);
  });
});

/** Statuses that are the same for every route. `every-route.test.ts` and `connections.test.ts` test them. */
const SAME_FOR_ALL = new Set([
  '400',
  '408',
  '413',
  '414',
  '415',
  '417',
  '429',
  '431',
  '500',
  '503',
]);
/** Statuses that need the deletion of the account during its own request. */
const RACES = new Set([
  'getMe 404',
  'endAllSessions 404',
  'endCurrentSession 404',
  'reauthenticateSession 404',
  'requestEmailChange 404',
  // Only a server without metrics returns this.
  'getMetrics 404',
]);

/** Statuses that need a version that only SQL can store; `test/field/adopted-rows.test.ts` shows them. */
const LAST_VERSION = new Set([
  ...['deleteUser 409', 'changePassword 409', 'deleteOwnUser 409'],
  ...['disableUser 409', 'enableUser 409', 'expirePassword 409'],
  ...['confirmEmailVerification 409', 'confirmPasswordReset 409'],
]);

/** Statuses that only an idempotency key brings; `every-route.test.ts` tests them. */
const byKeyOnly = operations.flatMap(({ operationId, responses }) =>
  Object.entries(responses)
    .filter(([, schema]) => hasOnlyCodesLike(schema, /^idempotency_/))
    .map(([status]) => `${operationId} ${status}`),
);

interface ProblemPart {
  readonly properties?: { readonly code?: { readonly const?: string } };
  readonly allOf?: readonly ProblemPart[];
  readonly oneOf?: readonly ProblemPart[];
}

function codesOf({ properties, allOf = [], oneOf = [] }: ProblemPart): readonly string[] {
  const code = properties?.code?.const;
  return [...(code === undefined ? [] : [code]), ...[...allOf, ...oneOf].flatMap(codesOf)];
}

function hasOnlyCodesLike(schema: unknown, form: RegExp): boolean {
  const codes = codesOf((schema ?? {}) as ProblemPart);
  return codes.length > 0 && codes.every((code) => form.test(code));
}

test('every declared status of every operation has a case above', () => {
  const declared = operations.flatMap(({ operationId, responses }) =>
    Object.keys(responses)
      .filter((status) => !SAME_FOR_ALL.has(status))
      .map((status) => `${operationId} ${status}`),
  );
  const known = (pair: string) =>
    seen.has(pair) || RACES.has(pair) || LAST_VERSION.has(pair) || byKeyOnly.includes(pair);
  expect(declared.filter((pair) => !known(pair))).toEqual([]);
});
