import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Account,
  type Answer,
  type Api,
  codeOf,
  createPerson,
  type Grant,
  goodPassword,
  patientHashing,
  type StoredEvent,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

/** A person whose account is created and deleted repeatedly. */
interface Slot {
  account: Account | null;
  grant: Grant | null;
}

const operations = [
  'register',
  'registerTaken',
  'signIn',
  'signInWrong',
  'refresh',
  'signOut',
  'endAll',
  'rename',
  'patchNothing',
  'putStale',
  'changeEmail',
  'takeEmail',
  'changePassword',
  'changePasswordWrong',
  'delete',
] as const;
type Operation = (typeof operations)[number];

const SLOTS = 3;
const step = fc.record({
  slot: fc.nat({ max: SLOTS - 1 }),
  operation: fc.constantFrom(...operations),
});
/** The steps of a batch run at the same time, the batches in sequence. */
const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), {
  minLength: 4,
  maxLength: 8,
});

describe.each(APP_DATABASES)('the events of random operations on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  it('are in version order for each user, with one user event per version and none for refused operations', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (run) => {
        const slots: Slot[] = Array.from({ length: SLOTS }, () => ({ account: null, grant: null }));
        const ids = new Set<string>();
        for (const slot of slots) await perform(api(), slots, slot, 'register');
        for (const batch of run) {
          for (const { account } of slots) if (account !== null) ids.add(account.id);
          const answers = await Promise.all(
            batch.map(({ slot, operation }) => {
              const chosen = slots[slot];
              return chosen === undefined ? null : perform(api(), slots, chosen, operation);
            }),
          );
          for (const answer of answers) if (answer !== null) expectExpected(answer);
        }
        for (const { account } of slots) if (account !== null) ids.add(account.id);
        for (const id of ids) await expectHistory(api(), id);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  }, 120_000);

  it('stay in order when sign-ins race changes of the profile', async () => {
    const account = await api().register();
    const { access_token: token } = await api().signIn(account);
    const url = `/v1/users/${account.id}`;
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([
        ...Array.from({ length: 4 }, () => api().trySignIn(account.email, account.password)),
        ...Array.from({ length: 4 }, (_, number) =>
          api().send('PATCH', url, { token, body: { first_name: `Name ${round} ${number}` } }),
        ),
      ]);
    }
    await expectHistory(api(), account.id);
  });

  it('carry the id of their request and no personal data', async () => {
    const person = createPerson({ first_name: 'Canary', last_name: 'Nightjar' });
    const account = await api().register(person);
    const { access_token: token } = await api().signIn(account);
    await api().send('PATCH', `/v1/users/${account.id}`, {
      token,
      headers: { 'x-request-id': 'request-of-the-patch' },
      body: { last_name: 'Nightingale', phone: '+442079460000' },
    });
    const rows = await api().sql<{ request_id: string; type: string; line: string }>(
      'select request_id, type, row_to_json(o)::text as line from outbox o where user_id = $1 order by position',
      [account.id],
    );
    expect(rows.at(-1)).toMatchObject({
      type: 'user.updated',
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    for (const { line } of rows) {
      for (const secret of ['Canary', 'Night', '+44', account.email, account.password]) {
        expect(line).not.toContain(secret);
      }
    }
  });
});

/** @returns null when the operation needs an account or a sign-in that the slot does not have. */
async function perform(
  api: Api,
  slots: readonly Slot[],
  slot: Slot,
  operation: Operation,
): Promise<Answer | null> {
  const { account, grant } = slot;
  if (operation === 'register') {
    if (account !== null) return null;
    const person = createPerson();
    const answer = await api.send('POST', '/v1/users', { body: person });
    if (answer.statusCode === 201) {
      const { email, password } = person;
      slot.account = { id: answer.json().id, email, password };
    }
    return answer;
  }
  if (account === null) return null;
  if (operation === 'registerTaken') {
    return api.send('POST', '/v1/users', { body: createPerson({ email: account.email }) });
  }
  if (operation === 'signInWrong') return api.trySignIn(account.email, 'wrong password');
  if (operation === 'signIn') {
    const answer = await api.trySignIn(account.email, account.password);
    if (answer.statusCode === 201) slot.grant = answer.json();
    return answer;
  }
  if (grant === null) return null;
  if (operation === 'refresh') {
    const answer = await api.tryRefresh(grant.refresh_token);
    if (answer.statusCode === 200) slot.grant = answer.json();
    return answer;
  }
  return signedIn(api, slots, { slot, account, token: grant.access_token }, operation);
}

interface SignedIn {
  readonly slot: Slot;
  readonly account: Account;
  readonly token: string;
}

let counter = 0;

async function signedIn(
  api: Api,
  slots: readonly Slot[],
  { slot, account, token }: SignedIn,
  operation: Operation,
): Promise<Answer | null> {
  counter += 1;
  const url = `/v1/users/${account.id}`;
  const { password: current_password } = account;
  const patch = (body: object): Promise<Answer> => api.send('PATCH', url, { token, body });
  switch (operation) {
    case 'signOut':
      return api.send('DELETE', '/v1/sessions/current', { token });
    case 'endAll':
      return api.send('DELETE', '/v1/sessions', { token });
    case 'rename':
      return patch({ first_name: `Name ${counter}` });
    case 'patchNothing':
      return patch({});
    case 'putStale':
      return api.send('PUT', url, {
        token,
        headers: { 'if-match': '"999"' },
        body: { first_name: 'Never', last_name: 'Never', email: account.email, phone: null },
      });
    case 'changeEmail': {
      const email = `changed${counter}@example.com`;
      const answer = await patch({ email, current_password });
      if (answer.statusCode === 200) slot.account = { ...account, email };
      return answer;
    }
    case 'takeEmail': {
      const other = slots.find((candidate) => candidate !== slot && candidate.account !== null);
      return patch({ email: other?.account?.email ?? account.email, current_password });
    }
    case 'changePassword': {
      const password = `${goodPassword} ${counter}`;
      const body = { current_password, new_password: password };
      const answer = await api.send('PUT', `${url}/password`, { token, body });
      if (answer.statusCode === 200) {
        slot.account = { ...account, password };
        slot.grant = answer.json();
      }
      return answer;
    }
    case 'changePasswordWrong':
      return api.send('PUT', `${url}/password`, {
        token,
        body: { current_password: 'wrong password', new_password: goodPassword },
      });
    case 'delete': {
      const answer = await api.send('POST', `${url}/deletion`, {
        token,
        body: { current_password },
      });
      if (answer.statusCode === 204) {
        slot.account = null;
        slot.grant = null;
      }
      return answer;
    }
    default:
      return null;
  }
}

/** No race may cause an unexpected failure. */
function expectExpected(answer: Answer): void {
  if (answer.statusCode >= 500) expect(codeOf(answer)).toBe('unavailable');
}

async function expectHistory(api: Api, userId: string): Promise<void> {
  const all = await api.eventsOf(userId);
  const events = all.filter(({ type }) => type !== 'authentication.failed');
  const versions = events.map(({ user_version }) => user_version ?? 0);
  expect(versions).toEqual([...versions].sort((a, b) => a - b));

  const ofUser = events.filter(({ type }) => type.startsWith('user.'));
  expect(ofUser.map(({ user_version }) => user_version)).toEqual(
    ofUser.map((_, index) => index + 1),
  );
  expect(ofUser[0]?.type).toBe('user.created');
  const [row] = await api.sql<{ version: number }>('select version from users where id = $1', [
    userId,
  ]);
  const deletions = ofUser.filter(({ type }) => type === 'user.deleted');
  if (row === undefined) {
    expect(deletions).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('user.deleted');
  } else {
    expect(deletions).toEqual([]);
    expect(row.version).toBe(ofUser.length);
  }
  await expectSessions(api, userId, events);
}

/** Each session started once and ended at most once, and exactly the sessions without an end are stored. */
async function expectSessions(
  api: Api,
  userId: string,
  events: readonly StoredEvent[],
): Promise<void> {
  const idsOf = (wanted: string) =>
    events.filter(({ type }) => type === wanted).map(({ data }) => String(data.session_id));
  const [started, ended] = [idsOf('session.started'), idsOf('session.ended')];
  expect(new Set(started).size).toBe(started.length);
  expect(new Set(ended).size).toBe(ended.length);
  const live = await api.sql<{ id: string }>('select id from sessions where user_id = $1', [
    userId,
  ]);
  expect(
    live
      .map(({ id }) => id)
      .concat(ended)
      .sort(),
  ).toEqual([...started].sort());
  const revoked = await api.sql<{ session_id: string }>(
    'select session_id from session_revocations where user_id = $1',
    [userId],
  );
  expect(revoked.map(({ session_id }) => session_id).sort()).toEqual([...ended].sort());
}
