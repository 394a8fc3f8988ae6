import { afterAll, beforeAll, expect } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { type AppDatabase, createTestApp, type TestAppOptions } from './app.ts';

/** A registration as it is sent. */
export interface Person {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly phone?: string | null;
  readonly password: string;
}

/** A registered person, with what a sign-in needs. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** The body of a sign-in's or a refresh's answer. */
export interface Grant {
  readonly session_id: string;
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly refresh_expires_in: number;
}

/** What a request carries besides its method and path. */
export interface Sent {
  /** An access token or a service key. */
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, as injection gives it. */
export type Answer = Awaited<ReturnType<App['http']['inject']>>;

/** An event as the outbox holds it. */
export interface StoredEvent {
  readonly position: string;
  readonly type: string;
  readonly user_id: string | null;
  readonly user_version: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A password that no rule refuses. */
export const goodPassword = 'quiet otter sings at dawn';

let counter = 0;

/** Somebody new; the address is nobody else's. */
export function createPerson(traits: Partial<Person> = {}): Person {
  counter += 1;
  return {
    first_name: 'Ada',
    last_name: 'Okafor',
    email: `person${counter}@example.com`,
    password: goodPassword,
    ...traits,
  };
}

/** Calls a service the way clients do, and looks into its database. */
export type Api = ReturnType<typeof createApi>;

/** A client of a built service. What it says to do has to succeed; `send` and the `try…` functions just report. */
export function createApi(app: App) {
  function send(method: Method, url: string, sent: Sent = {}): Promise<Answer> {
    return app.http.inject({
      method,
      url,
      headers: {
        ...(sent.token === undefined ? {} : { authorization: `Bearer ${sent.token}` }),
        ...sent.headers,
      },
      ...(sent.body === undefined ? {} : { payload: sent.body }),
    });
  }

  const trySignIn = (email: string, password: string): Promise<Answer> =>
    send('POST', '/v1/sessions', { body: { email, password } });
  const tryRefresh = (token: string): Promise<Answer> =>
    send('POST', '/v1/sessions/refresh', { body: { refresh_token: token } });

  return {
    app,
    send,
    trySignIn,
    tryRefresh,

    async register(traits: Partial<Person> = {}): Promise<Account> {
      const person = createPerson(traits);
      const answer = await send('POST', '/v1/users', { body: person });
      expect(answer.statusCode, answer.body).toBe(201);
      const { id, email } = answer.json();
      return { id, email, password: person.password };
    },

    async signIn({ email, password }: Pick<Account, 'email' | 'password'>): Promise<Grant> {
      const answer = await trySignIn(email, password);
      expect(answer.statusCode, answer.body).toBe(201);
      return answer.json();
    },

    async refresh(token: string): Promise<Grant> {
      const answer = await tryRefresh(token);
      expect(answer.statusCode, answer.body).toBe(200);
      return answer.json();
    },

    /** The status with which an access token is met. */
    async statusOf(accessToken: string): Promise<number> {
      return (await send('GET', '/v1/me', { token: accessToken })).statusCode;
    },

    async createService(
      ...scopes: readonly string[]
    ): Promise<{ readonly id: string; readonly key: string }> {
      counter += 1;
      const answer = await app.operator.inject({
        method: 'POST',
        url: '/v1/service-accounts',
        payload: { name: `service-${counter}`, scopes },
      });
      expect(answer.statusCode, answer.body).toBe(201);
      return answer.json();
    },

    async sql<Row = Record<string, unknown>>(
      text: string,
      values: readonly unknown[] = [],
    ): Promise<Row[]> {
      return (await app.database.query<Row>(text, values)).rows;
    },

    /** A user's events in the order of the outbox; without an id, those of nobody. */
    async eventsOf(userId: string | null): Promise<StoredEvent[]> {
      const { rows } = await app.database.query<StoredEvent>(
        'select position, type, user_id, user_version, data from outbox where user_id is not distinct from $1::uuid order by position',
        [userId],
      );
      return rows;
    },
  };
}

/** A service that all tests of a suite share, from its first test to its last. */
export function useSharedApi(
  database: AppDatabase,
  options: Omit<TestAppOptions, 'database'> = {},
) {
  let api: Api | undefined;
  beforeAll(async () => {
    api = createApi(await createTestApp({ database, ...options }));
  });
  afterAll(async () => void (await api?.app.stop()));
  return (): Api => {
    if (api === undefined) throw new Error('the service is there only while a test runs');
    return api;
  };
}

/** Environment of a service that hashes for as many callers as a test likes, however busy the machine is. */
export const patientHashing = { PASSWORD_HASHING_WAIT: '30s' };

/** The answers' problem codes, for tests that compare many at once. */
export function codeOf(answer: Answer): string {
  return answer.body === '' ? `${answer.statusCode}` : answer.json().code;
}
