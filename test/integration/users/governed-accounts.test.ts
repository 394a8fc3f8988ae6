import { describe, expect, it } from 'vitest';
import { type Api, codeOf, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

const reason = 'Reported as taken over, ticket 4711';

describe.each(APP_DATABASES)('governing an account on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  async function govern(id: string, verb: string, body: object, headers = {}) {
    const { key } = await api().createService('users:admin');
    const answer = await api().send('POST', `/v1/users/${id}/${verb}`, {
      token: key,
      body,
      headers,
    });
    return { answer, key };
  }

  it('disables: sessions end at once with their events, and a sign-in gets the answer of a wrong password', async () => {
    const account = await api().register();
    const grants = [await api().signIn(account), await api().signIn(account)];
    for (const { access_token } of grants) expect(await api().statusOf(access_token)).toBe(200);
    const { answer } = await govern(account.id, 'disable', { reason });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({ id: account.id, status: 'disabled', version: 2 });
    expect(answer.headers.etag).toBe('"2"');
    for (const { access_token, refresh_token } of grants) {
      expect(await api().statusOf(access_token)).toBe(401);
      expect(codeOf(await api().tryRefresh(refresh_token))).toBe('invalid_grant');
    }
    const right = await api().trySignIn(account.email, account.password);
    const wrong = await api().trySignIn(account.email, 'wrong password');
    const { request_id: _right, instance: _i, ...rightBody } = right.json();
    const { request_id: _wrong, instance: _j, ...wrongBody } = wrong.json();
    expect([right.statusCode, rightBody]).toEqual([wrong.statusCode, wrongBody]);
    expect((await api().eventsOf(account.id)).slice(3)).toMatchObject([
      { type: 'session.ended', user_version: 2, data: { reason: 'user_disabled' } },
      { type: 'session.ended', user_version: 2, data: { reason: 'user_disabled' } },
      { type: 'user.disabled', user_version: 2, data: { until: null } },
      { type: 'authentication.failed', data: { reason: 'user_disabled' } },
      { type: 'authentication.failed', data: { reason: 'wrong_password' } },
    ]);
  });

  it('enables: the user signs in again, and ended sessions stay ended', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    await govern(account.id, 'disable', { reason });
    const { answer } = await govern(account.id, 'enable', { reason: 'A new password is set' });
    expect(answer.json()).toMatchObject({ status: 'active', version: 3 });
    expect(await api().statusOf(grant.access_token)).toBe(401);
    await api().signIn(account);
    expect(
      (await api().eventsOf(account.id)).filter(({ type }) => type.startsWith('user.')),
    ).toMatchObject([
      { type: 'user.created' },
      { type: 'user.disabled', user_version: 2 },
      { type: 'user.enabled', user_version: 3, data: {} },
    ]);
  });

  it('changes and records nothing when a request is repeated; another time is a change', async () => {
    const account = await api().register();
    const until = '2030-01-31T12:00:00+01:00';
    const versions: number[] = [];
    for (const body of [
      { reason, until },
      { reason: 'again', until: '2030-01-31T11:00:00.000Z' },
      { reason },
      { reason },
    ]) {
      versions.push((await govern(account.id, 'disable', body)).answer.json().version);
    }
    const enabled = await govern(account.id, 'enable', { reason });
    versions.push(enabled.answer.json().version);
    versions.push((await govern(account.id, 'enable', { reason })).answer.json().version);
    expect(versions).toEqual([2, 2, 3, 3, 4, 4]);
    const events = (await api().eventsOf(account.id)).slice(1);
    expect(events.map(({ data }) => data)).toEqual([
      { until: '2030-01-31T11:00:00.000Z' },
      { until: null },
      {},
    ]);
    expect((await actsOf(api(), account.id, enabled.key)).map(({ action }) => action)).toEqual([
      'enable',
      'disable',
      'disable',
    ]);
  });

  it('expires a password: it gets a code of its own, another one gets the answer of a wrong one', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const { answer } = await govern(account.id, 'expire-password', { reason });
    expect(answer.json()).toMatchObject({ status: 'active', version: 2 });
    expect(await api().statusOf(grant.access_token)).toBe(401);
    const right = await api().trySignIn(account.email, account.password);
    expect([right.statusCode, codeOf(right)]).toEqual([403, 'password_expired']);
    expect(codeOf(await api().trySignIn(account.email, 'wrong password'))).toBe(
      'invalid_credentials',
    );
    const again = await govern(account.id, 'expire-password', { reason });
    expect(again.answer.json().version).toBe(2);
    await govern(account.id, 'disable', { reason });
    expect(codeOf(await api().trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
    expect((await api().eventsOf(account.id)).map(({ type, data }) => [type, data.reason])).toEqual(
      [
        ['user.created', undefined],
        ['session.started', undefined],
        ['user.password_expired', undefined],
        ['session.ended', 'ended_by_admin'],
        ['authentication.failed', 'password_expired'],
        ['authentication.failed', 'wrong_password'],
        ['user.disabled', undefined],
        ['authentication.failed', 'user_disabled'],
      ],
    );
  });

  it('accepts a password again that is stored after the expiry, by whatever build', async () => {
    const [donor, account] = [await api().register(), await api().register()];
    await govern(account.id, 'expire-password', { reason });
    // The statement of a build that does not know the column of expired passwords.
    await api().sql(
      `update users set password = (select password from users where id = $2), password_form = 1,
         version = version + 1, updated_at = now() where id = $1`,
      [account.id, donor.id],
    );
    await api().signIn(account);
  });

  it('records each act with actor, operator, reason and request', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const { id, key } = await api().createService('users:admin', 'users:write');
    const note = { 'x-operator': 'Zo%C3%AB', 'x-reason': 'Ticket 4711: 100%25 sure' };
    const url = `/v1/users/${account.id}`;
    const send = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
      api().send(method, `${url}${path}`, {
        token: key,
        headers: note,
        ...(body === undefined ? {} : { body }),
      });
    expect((await send('DELETE', `/sessions/${grant.session_id}`)).statusCode).toBe(204);
    // Nothing was ended, so nothing is recorded.
    expect((await send('DELETE', '/sessions')).statusCode).toBe(204);
    expect((await send('PATCH', '', { last_name: 'Okafor-Lindqvist' })).statusCode).toBe(200);
    const disabled = await send('POST', '/disable', { reason });
    expect((await send('DELETE', '')).statusCode).toBe(204);
    const acts = await actsOf(api(), account.id, key);
    const actor = { kind: 'service', id };
    const operator = 'Zoë';
    const sent = 'Ticket 4711: 100% sure';
    expect(acts).toMatchObject([
      { action: 'delete', actor, operator, reason: sent, user_id: account.id },
      { action: 'disable', actor, operator, reason },
      { action: 'update', actor, operator, reason: sent },
      { action: 'end_sessions', actor, operator, reason: sent },
    ]);
    expect(acts[1]?.request_id).toBe(disabled.headers['x-request-id']);
    expect(Object.keys(acts[0] ?? {}).sort()).toEqual(
      ['action', 'actor', 'at', 'id', 'operator', 'reason', 'request_id', 'user_id'].sort(),
    );
  });

  it('records no change by a service that names no person, and none by the user', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const { key } = await api().createService('users:admin', 'users:write');
    for (const as of [key, token]) {
      const answer = await api().send('PATCH', `/v1/users/${account.id}`, {
        token: as,
        body: { last_name: as === key ? 'One' : 'Two' },
      });
      expect(answer.statusCode).toBe(200);
    }
    expect(await actsOf(api(), account.id, key)).toEqual([]);
  });

  it('keeps the record append-only', async () => {
    const account = await api().register();
    await govern(account.id, 'disable', { reason });
    for (const statement of [
      `update administrative_acts set reason = 'other' where user_id = $1`,
      'delete from administrative_acts where user_id = $1',
    ]) {
      await expect(api().sql(statement, [account.id])).rejects.toThrow(/append-only/);
    }
  });

  it.each([
    ['a control character', { reason: 'line\nbreak' }, ['/reason text_control_character']],
    ['no reason', {}, ['/reason required']],
    ['an empty reason', { reason: '' }, ['/reason reason_length']],
    ['a reason of white space', { reason: '   ' }, ['/reason reason_without_letter']],
    ['a long reason', { reason: 'x'.repeat(501) }, ['/reason reason_length']],
    ['a lone surrogate', { reason: 'x\ud800' }, ['/reason text_not_unicode']],
    ['a time in the past', { reason, until: '2020-01-01T00:00:00Z' }, ['/until time_not_future']],
    ['a time far away', { reason, until: '2999-01-01T00:00:00Z' }, ['/until time_too_far']],
    ['a date', { reason, until: '2030-01-01' }, ['/until time_format']],
    ['a day that is none', { reason, until: '2030-02-30T00:00:00Z' }, ['/until time_format']],
    ['a time without a zone', { reason, until: '2030-01-01T00:00:00' }, ['/until time_format']],
    ['null', { reason, until: null }, ['/until wrong_type']],
    ['an unknown field', { reason, status: 'active' }, ['/status unknown_field']],
    ['two faults', { reason: '', until: 'x' }, ['/reason reason_length', '/until time_format']],
  ])('refuses to disable with %s', async (_what, body, faults) => {
    const account = await api().register();
    const { answer } = await govern(account.id, 'disable', body);
    expect(answer.statusCode).toBe(422);
    expect(faultsOf(answer.json())).toEqual(faults);
    expect((await api().eventsOf(account.id)).map(({ type }) => type)).toEqual(['user.created']);
  });

  it('keeps the longest reason of any script', async () => {
    const account = await api().register();
    const longest = '\u{1f469}'.repeat(499).concat('e');
    const { answer, key } = await govern(account.id, 'disable', { reason: longest });
    expect(answer.statusCode).toBe(200);
    expect((await actsOf(api(), account.id, key))[0]?.reason).toBe(longest);
  });

  it.each([
    ['an empty name', '', 'operator_name'],
    ['a name without a letter', '---', 'operator_name'],
    ['a long name', 'x'.repeat(101), 'operator_name'],
    ['a control character', 'a%00b', 'text_control_character'],
    ['a broken encoding', '100% sure', 'header_encoding'],
    ['bytes that are not UTF-8', '%ff', 'header_encoding'],
    ['raw bytes', 'Zo\u00eb', 'header_encoding'],
  ])('refuses X-Operator with %s', async (_what, operator, code) => {
    const account = await api().register();
    const { answer } = await govern(account.id, 'enable', { reason }, { 'x-operator': operator });
    expect(answer.statusCode).toBe(422);
    expect(faultsOf(answer.json())).toEqual([`/header/X-Operator ${code}`]);
  });
});

interface Act {
  readonly action: string;
  readonly reason: string | null;
  readonly request_id: string;
}

async function actsOf(api: Api, id: string, token: string): Promise<readonly Act[]> {
  const answer = await api.send('GET', `/v1/users/${id}/acts`, { token });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().acts;
}

function faultsOf(body: { errors: { pointer: string; code: string }[] }): readonly string[] {
  return body.errors.map(({ pointer, code }) => `${pointer} ${code}`);
}
