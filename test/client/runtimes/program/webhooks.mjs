import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { fakeUserService } from '@user-service/client/testing';
import {
  fetchWebhookHandler,
  nodeWebhookHandler,
  verifyWebhook,
} from '@user-service/client/webhooks';
import { withServer } from './kit.mjs';

/** Deliveries over HTTP, both schemes of signatures, and a body that was changed. */
export async function webhooks() {
  const received = [];
  const service = await fakeUserService();
  try {
    let handler = () => {};
    const listener = (request, response) => handler(request, response);
    const statuses = await withServer(listener, async (endpoint) => {
      const { secret } = service.addWebhookEndpoint(endpoint);
      handler = nodeWebhookHandler({ secret, handle: ({ type }) => received.push(type) });
      const user = service.addUser();
      service.disable(user);
      return (await service.webhookDeliveries()).map(({ status }) => status);
    });
    return { statuses, received: received.sort(), ...(await signatures()) };
  } finally {
    await service.stop();
  }
}

async function signatures() {
  const body = JSON.stringify({
    ...{ specversion: '1.0', id: crypto.randomUUID(), source: 'urn:user-service:events' },
    ...{ type: 'user-service.webhook.test.v1', time: new Date().toISOString(), data: {} },
  });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const text = `message.${timestamp}.${body}`;
  const bytes = randomBytes(32);
  const hmac = createHmac('sha256', bytes).update(text).digest('base64');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const secrets = {
    v1: `whsec_${bytes.toString('base64')}`,
    v1a: `whpk_${Buffer.from(x, 'base64url').toString('base64')}`,
  };
  const headersWith = (value) => ({
    ...{ 'webhook-id': 'message', 'webhook-timestamp': timestamp, 'webhook-signature': value },
  });
  const tell = (result) => (result.ok ? result.data.type : result.problem.code);
  const symmetric = { headers: headersWith(`v1,${hmac}`), secret: secrets.v1 };
  const asymmetric = { headers: headersWith(`v1a,${signature}`), secret: secrets.v1a };
  const handler = fetchWebhookHandler({ secret: secrets.v1, handle: () => {} });
  const requestWith = (text) =>
    new Request('http://app.test', { method: 'POST', headers: symmetric.headers, body: text });
  return {
    symmetric: tell(await verifyWebhook({ ...symmetric, body })),
    asymmetric: tell(await verifyWebhook({ ...asymmetric, body: new TextEncoder().encode(body) })),
    changed: [
      tell(await verifyWebhook({ ...symmetric, body: `${body} ` })),
      tell(await verifyWebhook({ ...asymmetric, body: `${body} ` })),
    ],
    fetch: [
      (await handler(requestWith(body))).status,
      (await handler(requestWith(`${body} `))).status,
    ],
  };
}
