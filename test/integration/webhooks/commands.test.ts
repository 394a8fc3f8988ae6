import { expect, test } from 'vitest';
import { createInProcessClient } from '../../../src/interfaces/cli/in-process-client.ts';
import { runCommand } from '../../support/cli-setting.ts';
import { eventually } from '../../support/eventually.ts';
import { startReceiver } from '../../support/webhook-receiver.ts';
import { startWebhooks } from './support.ts';

test('the commands create an endpoint, test it, and send its deliveries again', async () => {
  const { app, api } = await startWebhooks({ database: 'embedded' });
  const operator = await app.operator();
  const run = (...argv: string[]) =>
    runCommand(['webhooks', ...argv], {
      openOperator: async () =>
        createInProcessClient({ server: operator, description: 'test', close: async () => {} }),
    });
  let isBroken = false;
  const receiver = await startReceiver((response) =>
    response.writeHead(isBroken ? 410 : 200).end('seen'),
  );
  const created = await run('create', receiver.url, '--type', 'user.*', '--json');
  const { id, secret } = JSON.parse(created.stdout.join(''));
  expect(secret).toMatch(/^whsec_/);
  expect((await run('test', id)).stdout).toEqual(['the receiver answered 200']);
  await api.register();
  await eventually(() => expect(receiver.received).toHaveLength(2));
  await eventually(async () =>
    expect((await run('deliveries', id, '--status', 'delivered', '--json')).stdout).toHaveLength(2),
  );
  const { stdout } = await run('deliveries', id, '--json');
  const [event] = stdout.map((line) => JSON.parse(line));
  expect(event).toMatchObject({ type: 'user.created', status: 'delivered' });
  const shown = JSON.parse((await run('delivery', id, event.id)).stdout.join(''));
  expect(shown.log).toMatchObject([{ attempt: 1, status: 200, response: 'seen', error: null }]);
  expect((await run('redeliver', id, event.id)).stdout).toEqual(['1 delivery sent again']);
  await eventually(() => expect(receiver.received).toHaveLength(3));
  const [, first, again] = receiver.received;
  expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(again?.body).toBe(first?.body);
  isBroken = true;
  const failed = await run('test', id);
  expect([failed.code, failed.output]).toEqual([1, expect.stringContaining('answered 410')]);
});
