// Receives events as signed requests.
import { createServer } from 'node:http';
import { nodeWebhookHandler } from '@user-service/client/webhooks';

const { WEBHOOK_SECRET: secret, PORT = '3000' } = process.env;
const handled = new Set();
const receive = nodeWebhookHandler({
  secret,
  handle(event) {
    // The same event may come more than once. Keep the ids where a restart does not lose them.
    if (handled.has(event.id)) return;
    handled.add(event.id);
    console.log(event.type, 'userId' in event ? event.userId : '');
  },
});
const server = createServer(receive);
server.listen(Number(PORT), '127.0.0.1', () => console.log(`webhooks at http://127.0.0.1:${server.address().port}`));
