import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { createMasterKey, createTestApp } from '../../support/app.ts';
import { type CapturedLog, captureLog } from '../../support/captured-log.ts';
import { eventually } from '../../support/eventually.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { runStatement } from '../../support/superuser.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { bearer, CANARY, PERSON, refusedRequests, type Sent } from './canary-inputs.ts';

describe('no secret and no personal data is in logs, errors and events', () => {
  const log: CapturedLog = captureLog();
  const errorBodies: string[] = [];
  const secrets: string[] = [];
  let database: ConnectionOptions;
  let proxy: TcpProxy;
  let app: App;
  let url: string;
  let requests = 0;

  beforeAll(async () => {
    database = (await createTestDatabase()).connectionOptions;
    proxy = await startTcpProxy({ targetPort: database.port });
    const masterKey = createMasterKey();
    secrets.push(masterKey, database.password);
    app = await createTestApp({
      database: 'postgres',
      connection: { ...database, port: proxy.port },
      logger: log.logger,
      requestLog: log.requestLog,
      env: {
        SECURITY_MASTER_KEY: masterKey,
        DATABASE_STATEMENT_TIMEOUT: '300ms',
        DATABASE_CONNECT_TIMEOUT: '300ms',
      },
    });
    url = (await app.listen()).url;
  });

  afterAll(async () => {
    await app?.stop();
    await proxy?.stop();
  });

  async function send({ method = 'GET', url, headers = {}, body }: Sent) {
    requests += 1;
    const response = await app.http.inject({
      method,
      url,
      headers: {
        'user-agent': CANARY.userAgent,
        'x-canary': CANARY.header,
        cookie: `session=${CANARY.header}`,
        referer: `https://example.com/?secret=${CANARY.header}`,
        'x-forwarded-for': CANARY.header,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (response.statusCode >= 400) errorBodies.push(response.body);
    return response;
  }

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send({ method: 'POST', url: path, body, headers });

  async function signIn(password: string): Promise<{ access: string; refresh: string }> {
    const response = await post('/v1/sessions', { email: PERSON.email, password });
    expect(response.statusCode).toBe(201);
    const { access_token: access, refresh_token: refresh } = response.json();
    secrets.push(access, refresh);
    return { access, refresh };
  }

  /** Runs a statement directly on the database. */
  const sql = (statement: string) => runStatement(database, statement);

  /** Makes each write to a user run `body` of PL/pgSQL. */
  async function sabotage(body: string, work: () => Promise<void>): Promise<void> {
    await sql(`create or replace function sabotage() returns trigger language plpgsql as
      $$ begin ${body}; return new; end $$;
      create or replace trigger sabotage before insert or update on users
      for each row execute function sabotage()`);
    try {
      await work();
    } finally {
      await sql('drop trigger sabotage on users');
    }
  }

  it('from the registration of an account to its deletion', async () => {
    const registered = await post('/v1/users', PERSON, { 'x-request-id': 'the-registration' });
    expect(registered.statusCode).toBe(201);
    const { id } = registered.json();
    const { access, refresh } = await signIn(CANARY.password);
    const own = bearer(access);
    for (const path of [`/v1/users/${id}`, '/v1/me', '/v1/sessions']) {
      expect((await send({ url: path, headers: own })).statusCode).toBe(200);
    }
    const renamed = { first_name: `${CANARY.firstName}a` };
    await send({ method: 'PATCH', url: `/v1/users/${id}`, headers: own, body: renamed });
    const refreshed = await post('/v1/sessions/refresh', { refresh_token: refresh });
    expect(refreshed.statusCode).toBe(200);
    secrets.push(refreshed.json().refresh_token, refreshed.json().access_token);
    const change = { current_password: CANARY.password, new_password: CANARY.newPassword };
    const changed = await send({
      method: 'PUT',
      url: `/v1/users/${id}/password`,
      headers: own,
      body: change,
    });
    expect(changed.statusCode).toBe(200);
    const next = changed.json();
    secrets.push(next.access_token, next.refresh_token);
    const renewed = bearer(next.access_token);
    const [stored] = await sql('select password from users');
    secrets.push(String(stored?.password));
    const deletion = { current_password: CANARY.newPassword };
    expect((await post(`/v1/users/${id}/deletion`, deletion, renewed)).statusCode).toBe(204);
  });

  it('when requests are refused', async () => {
    expect((await post('/v1/users', PERSON)).statusCode).toBe(201);
    expect((await post('/v1/users', PERSON)).statusCode).toBe(409);
    const { access } = await signIn(CANARY.password);
    const own = bearer(access);
    for (const request of refusedRequests(own)) {
      const { statusCode } = await send(request);
      if (request.headers?.['x-request-id'] === undefined) {
        expect([statusCode, request]).toEqual([
          expect.toSatisfy((n) => n >= 400 && n < 500),
          request,
        ]);
      }
    }
  });

  it('when the input is not HTTP', async () => {
    const { hostname, port } = new URL(url);
    for (const bytes of [
      `${CANARY.raw} / HTTP/1.1\r\n\r\n`,
      `GET /${CANARY.raw} HTTP/1.1\r\nx: ${CANARY.raw.repeat(2_000)}\r\n\r\n`,
      `GET / HTTP/1.1\r\n${CANARY.raw}\r\n\r\n`,
    ]) {
      const socket = connect({ host: hostname, port: Number(port) });
      let response = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        response += text;
      });
      socket.on('error', () => {});
      socket.write(bytes);
      await eventually(() => expect(response).toMatch(/^HTTP\/1\.1 4\d\d /));
      errorBodies.push(response);
      socket.destroy();
    }
  });

  it('when the database rejects a write, hangs or is unreachable', async () => {
    const other = { ...PERSON, email: `${CANARY.email}2@example.com` };
    const statuses: number[] = [];
    const attempt = async () => {
      statuses.push((await post('/v1/users', other)).statusCode);
      await send({ url: '/health' });
    };
    await sabotage(
      `raise exception 'no % % %', new.email, new.password, new.phone
       using detail = to_jsonb(new)::text, hint = new.first_name`,
      attempt,
    );
    await sql('alter table users add constraint only_others check (first_name is null) not valid');
    await attempt();
    await sql('alter table users drop constraint only_others');
    expect(statuses).toEqual([500, 500]);

    await sabotage('perform pg_sleep(5)', attempt);
    await sabotage('perform pg_sleep(0.2)', async () => {
      const pending = attempt();
      await eventually(async () => {
        const [row] = await sql(`select count(*)::int as n from pg_stat_activity
          where wait_event = 'PgSleep' and datname = current_database()`);
        expect(row?.n).toBe(1);
      });
      proxy.dropAll();
      await pending;
    });
    proxy.refuse(true);
    proxy.dropAll();
    await attempt();
    proxy.refuse(false);
    expect(statuses.slice(2)).toEqual(expect.arrayContaining([503]));
    expect(statuses.slice(2).every((status) => status === 503 || status === 504)).toBe(true);
    await eventually(async () =>
      expect((await send({ url: '/health/ready' })).statusCode).toBe(200),
    );
  });

  it('when a start fails', async () => {
    const { host, port, user } = database;
    const password = CANARY.wrongPassword.replaceAll(' ', '-');
    secrets.push(password);
    const start = createTestApp({
      database: 'embedded',
      logger: log.logger,
      requestLog: log.requestLog,
      env: { DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/postgres` },
    });
    const error: unknown = await start.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    log.logger.error('could not start', { error });
    errorBodies.push(String(error));
  });

  describe('so that afterwards', () => {
    const forbidden = (): string[] => [...Object.values(CANARY), ...secrets];
    /** Finds escaped and encoded forms too. */
    const found = (text: string): string[] =>
      forbidden().filter((secret) =>
        [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].some((form) =>
          text.toLowerCase().includes(form.toLowerCase()),
        ),
      );

    it('no log line contains a canary', () => {
      expect(log.lines.length).toBeGreaterThan(60);
      for (const line of log.lines) expect([found(line), line]).toEqual([[], line]);
    });

    it('no error response contains a canary', () => {
      expect(errorBodies.length).toBeGreaterThan(25);
      for (const body of errorBodies) {
        const leaked = found(body).filter((text) => text !== CANARY.field);
        expect([leaked, body]).toEqual([[], body]);
      }
    });

    it('no event contains a canary', async () => {
      const events = await sql('select * from outbox order by position');
      expect(events.length).toBeGreaterThan(8);
      for (const event of events)
        expect([found(JSON.stringify(event)), event]).toEqual([[], event]);
    });

    it('every line is one JSON object, and each request has exactly one, with its route template', async () => {
      const paths = (await app.http.inject('/openapi.json')).json().paths as object;
      const templates = [...Object.keys(paths), 'unknown'];
      const lines = log.parsed().filter(({ message }) => message === 'request');
      expect(lines).toHaveLength(requests + 1);
      expect(new Set(lines.map((line) => line.request_id)).size).toBe(requests + 1);
      for (const line of lines) {
        expect(templates).toContain(line.route);
        expect(line).toMatchObject({
          method: expect.any(String),
          status: expect.any(Number),
          duration_ms: expect.any(Number),
          client_ip: '127.0.0.1',
        });
      }
    });

    it('each unexpected error is logged once, with its request', () => {
      const failures = log.parsed().filter(({ message }) => message === 'request failed');
      expect(failures).toHaveLength(2);
      for (const line of failures) {
        expect(line).toMatchObject({ level: 'error', route: '/v1/users', method: 'POST' });
        expect(line.request_id).toEqual(expect.any(String));
        expect(line.error).toMatchObject({ stack: expect.any(String) });
      }
    });

    it('events carry the id of the request that caused them', async () => {
      const [created] = await sql(`select request_id from outbox where type = 'user.created'
        order by position limit 1`);
      expect(created?.request_id).toMatch(/^[0-9a-f-]{36}$/);
    });
  });
});
