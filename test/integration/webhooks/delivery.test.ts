import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { APP_DATABASES } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startReceiver } from '../../support/webhook-receiver.ts';
import { startWebhooks } from './support.ts';

/** A failed delivery is due after 5 s and a fifth. */
const PATIENCE = { timeoutMs: 15_000 };

describe.each(APP_DATABASES)('webhooks on %s', (database) => {
  test('an event arrives once, as the feed gives it, and the library of the standard verifies it', async () => {
    const { api, call } = await startWebhooks({ database });
    const receiver = await startReceiver();
    const { id, secret } = await call('POST', '', { url: receiver.url });
    const user = await api.register();
    await eventually(() => expect(receiver.received).toHaveLength(1));
    const [request] = receiver.received;
    if (request === undefined) throw new Error('a request');
    const headers = request.headers as Record<string, string>;
    const event = new Webhook(secret).verify(request.body, headers) as { id: string };
    expect(event).toMatchObject({ type: 'user-service.user.created.v1', subject: user.id });
    expect(event.id).toBe(headers['webhook-id']);
    await eventually(async () => {
      const { deliveries } = await call('GET', `/${id}/deliveries`);
      expect(deliveries).toMatchObject([{ status: 'delivered', attempts: 1, last_status: 204 }]);
    });
  });

  test('during a rotation the former and the new secret verify a request', async () => {
    const { api, call } = await startWebhooks({ database });
    const receiver = await startReceiver();
    const { id, secret: former } = await call('POST', '', { url: receiver.url });
    const { secret: next } = await call('POST', `/${id}/secret-rotations`, { overlap: 60 });
    await api.register();
    await eventually(() => expect(receiver.received).toHaveLength(1));
    const { body = '', headers = {} } = receiver.received[0] ?? {};
    for (const secret of [former, next]) {
      expect(() =>
        new Webhook(secret).verify(body, headers as Record<string, string>),
      ).not.toThrow();
    }
    await call('POST', `/${id}/secret-rotations`, { overlap: 0 });
    await api.register();
    await eventually(() => expect(receiver.received).toHaveLength(2));
    const later = receiver.received[1];
    expect(() =>
      new Webhook(next).verify(later?.body ?? '', later?.headers as Record<string, string>),
    ).toThrow();
  });

  test('410 disables an endpoint; enabled again it goes on where it was', async () => {
    const { api, call } = await startWebhooks({ database });
    let isGone = true;
    const receiver = await startReceiver((response) =>
      response.writeHead(isGone ? 410 : 200).end(),
    );
    const { id } = await call('POST', '', { url: receiver.url });
    await api.register();
    await eventually(async () =>
      expect(await call('GET', `/${id}`)).toMatchObject({
        enabled: false,
        disabled_reason: 'gone',
      }),
    );
    await api.register();
    isGone = false;
    await call('PATCH', `/${id}`, { enabled: true });
    await eventually(() => {
      const sequences = receiver.received.map(({ body }) => JSON.parse(body).sequence);
      // The first one was refused once.
      expect(sequences.toSorted()).toEqual(['1', '1', '2']);
    }, PATIENCE);
  });

  test('an endpoint that never answers costs another one nothing', async () => {
    const { api, call } = await startWebhooks({ database, env: { WEBHOOKS_TIMEOUT: '30s' } });
    const dead = await startReceiver(() => {});
    const working = await startReceiver();
    await call('POST', '', { url: dead.url });
    await call('POST', '', { url: working.url, ordered: true });
    for (let count = 0; count < 8; count += 1) await api.register();
    await eventually(() => expect(working.received).toHaveLength(8));
    const sequences = working.received.map(({ body }) => Number(JSON.parse(body).sequence));
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(dead.received).toHaveLength(4);
  });

  test('a response whose body does not end is a failure; a complete one counts, however late its end', async () => {
    const { api, call } = await startWebhooks({ database, env: { WEBHOOKS_TIMEOUT: '1s' } });
    const endless = await startReceiver((response) => {
      response.writeHead(200).write('on and on');
    });
    const late = await startReceiver((response) => {
      response.shouldKeepAlive = false;
      response.writeHead(200, { 'content-length': '2' }).write('ok');
    });
    const ids: string[] = [];
    for (const { url } of [endless, late]) ids.push((await call('POST', '', { url })).id);
    await api.register();
    const lastOf = async (id: string | undefined) =>
      (await call('GET', `/${id}/deliveries`)).deliveries[0];
    await eventually(async () =>
      expect(await lastOf(ids[1])).toMatchObject({ status: 'delivered', last_status: 200 }),
    );
    await eventually(async () => {
      const { id, ...delivery } = await lastOf(ids[0]);
      expect(delivery).toMatchObject({
        ...{ status: 'pending', last_status: null, last_error: 'no complete response in time' },
      });
      const { log } = await call('GET', `/${ids[0]}/deliveries/${id}`);
      expect(log).toMatchObject([{ attempt: 1, status: null, response: null }]);
    });
  });

  test('an internal address is never asked, and the log says why', async () => {
    const env = { WEBHOOKS_ALLOW_NETWORKS: '127.0.0.2/32' };
    const { api, call } = await startWebhooks({ database, env });
    const receiver = await startReceiver();
    const { id } = await call('POST', '', { url: `http://localhost:${receiver.port}/` });
    await api.register();
    await eventually(async () => {
      const { deliveries } = await call('GET', `/${id}/deliveries`);
      expect(deliveries[0]).toMatchObject({
        last_error: 'the address of the receiver is not of the public internet',
      });
    });
    expect(receiver.received).toEqual([]);
  });
});
