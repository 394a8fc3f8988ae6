import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { APP_DATABASES } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startReceiver } from '../../support/webhook-receiver.ts';
import { startWebhooks } from './support.ts';

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
});
