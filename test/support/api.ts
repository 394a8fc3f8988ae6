import { afterAll, beforeAll, expect } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { type AppDatabase, createTestApp, type TestAppOptions } from './app.ts';

/** The body of a registration. */
export interface Person {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly phone?: string | null;
  readonly password: string;
}

/** A registered user with the credentials for a sign-in. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** The response of a sign-in or a refresh. */
export interface Grant {
  readonly session_id: string;
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly refresh_expires_in: number;
}

/** Token, body and headers of a request. */
export interface Sent {
  /** An access token or a service key. */
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The response of an injected request. */
export type Answer = Awaited<ReturnType<App['http']['inject']>>;

/** A row of the outbox. */
export interface StoredEvent {
  readonly position: string;
  readonly type: string;
  readonly user_id: string | null;
  readonly user_version: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A valid password. */
export const goodPassword = 'quiet otter sings at dawn';

let counter = 0;

/** A registration with a unique address. */
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

/** Calls a service as a client, and reads its database. */
export type Api = ReturnType<typeof createApi>;

/** Creates a client of a service. Its methods expect success; `send` and the `try…` functions return any response. */
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

    /** Moves the authentication of a session an hour back: the session is no longer fresh. */
    async ageSession(sessionId: string): Promise<void> {
      await app.database.query(
        `update sessions set authenticated_at = now() - interval '1 hour' where id = $1`,
        [sessionId],
      );
    },

    /** The status of a request with the access token. */
    async statusOf(accessToken: string): Promise<number> {
      return (await send('GET', '/v1/me', { token: accessToken })).statusCode;
    },

    async createService(
      ...scopes: readonly string[]
    ): Promise<{ readonly id: string; readonly key: string }> {
      counter += 1;
      const name = `service-${counter}`;
      const answer = await (await app.operator()).inject({
        method: 'POST',
        url: '/v1/service-accounts',
        payload: { name, scopes },
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

    /** The events of a user in the order of the outbox; with null, the events without a user. */
    async eventsOf(userId: string | null): Promise<StoredEvent[]> {
      const { rows } = await app.database.query<StoredEvent>(
        'select position, type, user_id, user_version, data from outbox where user_id is not distinct from $1::uuid order by position',
        [userId],
      );
      return rows;
    },
  };
}

/** Starts one service for all tests of a suite. */
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
    if (api === undefined) throw new Error('the service exists only while tests run');
    return api;
  };
}

/** Environment of a service whose hashing and requests do not time out on a busy machine. */
export const patientHashing = {
  PASSWORD_HASHING_WAIT: '30s',
  SERVER_REQUEST_DEADLINE: '60s',
  SERVER_REQUEST_TIMEOUT: '60s',
};

/** The problem code of a response, or its status without a body. */
export function codeOf(answer: Answer): string {
  return answer.body === '' ? `${answer.statusCode}` : answer.json().code;
}
