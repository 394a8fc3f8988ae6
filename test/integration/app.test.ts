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
});
