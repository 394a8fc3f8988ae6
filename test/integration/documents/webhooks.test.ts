import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { fencedBlocks } from '../../support/markdown.ts';
import { startWebhooks } from '../webhooks/support.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(join(root, 'docs/use-it/webhooks.md'), 'utf8');

const receivers = fencedBlocks(page).filter(({ language }) => language === 'js');

it.each([
  ['client package', receivers[0], 'user.created'],
  ['library of the standard', receivers[1], 'user-service.user.created.v1'],
] as const)(
  'the receiver of docs/use-it/webhooks.md with the %s accepts events, and refuses requests of others',
  async (_name, receiver, type) => {
    const { api, call } = await startWebhooks({ database: 'embedded' });
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}/`;
    const { id, secret } = await call('POST', '', { url });
    const program = await startProcess(
      process.execPath,
      ['--input-type=module', '-e', receiver?.text ?? ''],
      { cwd: root, env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) } },
    );
    onTestFinished(async () => void (await program.kill()));
    const forged = () =>
      fetch(url, {
        method: 'POST',
        headers: { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' },
        body: '{}',
      });
    await eventually(async () => expect((await forged()).status).toBe(400));
    const user = await api.register();
    await eventually(() => expect(program.stdout()).toBe(`${type} ${user.id}\n`));
    await eventually(async () => {
      const { deliveries } = await call('GET', `/${id}/deliveries`);
      expect(deliveries).toMatchObject([{ status: 'delivered', attempts: 1 }]);
    });
  },
);
