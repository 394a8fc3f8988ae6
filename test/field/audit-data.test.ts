import { describe, expect, test } from 'vitest';
import type { Account } from '../support/api.ts';
import { patientHashing, useSharedApi } from '../support/api.ts';

interface Finding {
  readonly id: string;
  readonly field: string;
  readonly rule: string;
  readonly effects: readonly string[];
  readonly message: string;
}

interface AuditPage {
  readonly findings: readonly Finding[];
  readonly checked: number;
  readonly next_from: string | null;
}

/** What another program stored: an assignment to the row of a user who could sign in before, and what it breaks. */
const STORED: readonly (readonly [assignment: string, field: string, rule: string])[] = [
  ["email = 'someone@localhost'", 'email', 'email_domain'],
  ["email = 'two@@signs.example'", 'email', 'email_local_part'],
  ["email = 'no-address-at-all'", 'email', 'email_invalid'],
  ["email = 'dot@mail.example.'", 'email', 'email_not_canonical'],
  ["password = '$1$salt$md5crypt'", 'password', 'password_hash_unknown'],
  ["password = ''", 'password', 'password_hash_unknown'],
  ["status = 'banned'", 'status', 'status_unknown'],
  ["first_name = ''", 'first_name', 'name_length'],
  ["last_name = 'Adopted' || chr(7)", 'last_name', 'text_control_character'],
  ["phone = 'call me'", 'phone', 'phone_format'],
  ['version = 2147483647', 'version', 'version_out_of_range'],
  ["created_at = 'infinity'", 'created_at', 'time_out_of_range'],
  ["created_at = '0044-03-15 BC'", 'created_at', 'time_out_of_range'],
];

describe.each(['embedded', 'postgres'] as const)('the audit of stored users on %s', (database) => {
  const getApi = useSharedApi(database, { env: patientHashing });

  async function audit(query = ''): Promise<AuditPage> {
    const answer = await (await getApi().app.operator()).inject({ url: `/v1/user-audit${query}` });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  }

  async function registerAll(count: number): Promise<Account[]> {
    const accounts: Account[] = [];
    for (let index = 0; index < count; index += 1) accounts.push(await getApi().register());
    return accounts;
  }

  test('names each value that is refused, and what it means holds', async () => {
    const api = getApi();
    await api.sql('alter table users drop constraint users_status_known');
    const { key } = await api.createService('users:read', 'users:write');
    const sound = await api.register();
    const accounts = await registerAll(STORED.length);
    for (const [index, { id }] of accounts.entries()) {
      await api.sql(`update users set ${STORED[index]?.[0]} where id = $1`, [id]);
    }
    const { findings, checked, next_from } = await audit();
    expect([checked, next_from]).toEqual([STORED.length + 1, null]);
    expect(findings.map(({ id, field, rule }) => [id, field, rule])).toEqual(
      accounts.map(({ id }, index) => [id, STORED[index]?.[1], STORED[index]?.[2]]),
    );
    for (const [index, account] of [...accounts, sound].entries()) {
      const effects = findings[index]?.effects ?? [];
      const url = `/v1/users/${account.id}`;
      const shown = (await api.send('GET', url, { token: key })).json();
      const signIn = await api.trySignIn(shown.email, account.password);
      expect([account.id, signIn.statusCode]).toEqual([
        account.id,
        effects.includes('cannot_sign_in') ? 401 : 201,
      ]);
      const { first_name, last_name, email, phone, version } = shown;
      const edited = await api.send('PUT', url, {
        token: key,
        headers: { 'if-match': `"${version}"` },
        body: { first_name, last_name: `${last_name} II`, email, phone },
      });
      expect([account.id, edited.statusCode < 300]).toEqual([
        account.id,
        !effects.includes('cannot_be_edited'),
      ]);
    }
    for (const { id } of [...accounts, sound])
      await api.sql('delete from users where id = $1', [id]);
  });

  test('names both users whose addresses are the same, also far apart', async () => {
    const api = getApi();
    const [first, ...between] = await registerAll(3);
    const last = await api.register({ email: 'twin@mail.example' });
    await api.sql("update users set email = 'twin@mail.example.' where id = $1", [first?.id]);
    const findings: Finding[] = [];
    let pages = 0;
    let from: string | null = null;
    do {
      const page: AuditPage = await audit(`?limit=1${from === null ? '' : `&from=${from}`}`);
      findings.push(...page.findings);
      from = page.next_from;
      pages += 1;
    } while (from !== null && pages < 10);
    expect(pages).toBe(4);
    expect(findings).toEqual([
      expect.objectContaining({ id: first?.id, rule: 'email_not_canonical' }),
      {
        id: first?.id,
        field: 'email',
        rule: 'email_shared',
        effects: ['cannot_sign_in'],
        message: `The user ${last.id} has the same address.`,
      },
      {
        id: last.id,
        field: 'email',
        rule: 'email_shared',
        effects: [],
        message: `The user ${first?.id} has the same address.`,
      },
    ]);
    for (const user of [first, ...between, last]) {
      await api.sql('delete from users where id = $1', [user?.id]);
    }
  });

  test('shows no part of a value, and is not served to services', async () => {
    const api = getApi();
    const { id } = await api.register();
    await api.sql(
      "update users set email = 'canary@', phone = 'canary', first_name = 'canary' || chr(7), password = 'canary' where id = $1",
      [id],
    );
    const answer = await (await api.app.operator()).inject({ url: '/v1/user-audit' });
    expect(answer.json().findings).toHaveLength(4);
    expect(answer.body).not.toContain('canary');
    const { key } = await api.createService('users:admin', 'users:read');
    expect((await api.send('GET', '/v1/user-audit', { token: key })).statusCode).toBe(404);
    await api.sql('delete from users where id = $1', [id]);
  });
});

describe('the audit of stored users with permissive rules', () => {
  const getApi = useSharedApi('embedded', {
    env: { ...patientHashing, REGISTRATION_EMAIL_RULES: 'permissive' },
  });

  test('applies the rules in force', async () => {
    const api = getApi();
    const [local, quoted] = [await api.register(), await api.register()];
    await api.sql("update users set email = 'someone@localhost', phone = '+9991' where id = $1", [
      local.id,
    ]);
    await api.sql(`update users set email = '"quoted"@mail.example' where id = $1`, [quoted.id]);
    const answer = await (await api.app.operator()).inject({ url: '/v1/user-audit' });
    expect(answer.json().findings).toMatchObject([
      { id: local.id, field: 'phone', rule: 'phone_invalid' },
      { id: quoted.id, field: 'email', rule: 'email_not_canonical' },
    ]);
    expect((await api.trySignIn('someone@localhost', local.password)).statusCode).toBe(201);
    expect((await api.trySignIn('"quoted"@mail.example', quoted.password)).statusCode).toBe(401);
  });
});
