import { describe, expect, it } from 'vitest';
import { APP_DATABASES, useTestApp } from '../support/app.ts';

describe.each(APP_DATABASES)('the whole service on %s', (database) => {
  it('registers a person, who signs in and reads the account', async () => {
    const { http } = await useTestApp({ database });
    const person = {
      first_name: 'Ada',
      last_name: 'Okafor',
      email: 'ada@example.com',
      password: 'quiet otter sings at dawn',
    };
    const registered = await http.inject({ method: 'POST', url: '/v1/users', payload: person });
    expect(registered.statusCode).toBe(201);
    const { email, password } = person;
    const signedIn = await http.inject({
      method: 'POST',
      url: '/v1/sessions',
      payload: { email, password },
    });
    expect(signedIn.statusCode).toBe(201);
    const me = await http.inject({
      url: '/v1/me',
      headers: { authorization: `Bearer ${signedIn.json().access_token}` },
    });
    expect(me.json()).toEqual(registered.json());
  });

  it('reports messaging as off without a broker, and is not degraded by that', async () => {
    const app = await useTestApp({ database });
    const { drivers } = await app.listen();
    expect(drivers.messaging).toBe('off');
    expect((await app.http.inject({ url: '/health' })).json()).toMatchObject({
      status: 'ok',
      checks: { messaging: { status: 'off', latency_ms: 0, driver: 'none' } },
    });
    const metrics = (await app.http.inject({ url: '/metrics' })).body;
    expect(metrics).toContain('user_service_dependency_up{dependency="cache"} 1');
    expect(metrics).not.toContain('dependency="messaging"');
  });

  it('exports what waits for its background tasks, and repeated requests', async () => {
    // It does not listen, so nothing is served.
    const { http } = await useTestApp({ database });
    const request = {
      method: 'POST',
      url: '/v1/password-resets',
      payload: { email: 'ada@example.com' },
      headers: { 'idempotency-key': 'a-key-of-a-reset-request' },
    } as const;
    for (const _ of [1, 2]) expect((await http.inject(request)).statusCode).toBe(202);
    const lines = (await http.inject({ url: '/metrics' })).body.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'user_service_background_requests_waiting{kind="challenge"} 1',
        'user_service_background_requests_waiting{kind="registration"} 0',
        'user_service_background_requests_oldest_age_seconds{kind="registration"} 0',
        'user_service_idempotency_total{outcome="replayed"} 1',
        'user_service_mail_queued 0',
      ]),
    );
  });
});
