import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProcess } from '../support/child-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version: packageVersion } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as { version: string };

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = await startProcess(command, args, { cwd });
  const { code } = await child.exited;
  expect(code, child.output()).toBe(0);
  return child.stdout();
}

it('serves from an empty folder when the packed package is installed globally', async () => {
  const directory = createTemporaryDirectory('package').path;
  const packed = await run(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', directory],
    root,
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const prefix = join(directory, 'prefix');
  await run(
    'npm',
    ['install', '--global', '--prefer-offline', '--prefix', prefix, join(directory, filename)],
    directory,
  );

  const empty = createTemporaryDirectory('empty').path;
  const service = await startProcess(join(prefix, 'bin', 'user-service'), [], {
    cwd: empty,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, SERVER_PORT: '0' },
  });
  const { url } = JSON.parse(await service.waitForLine(/"message":"ready"/, 60_000));
  const health = await fetch(`${url}/health`);
  expect(await health.json()).toMatchObject({ status: 'ok' });
  expect((await fetch(`${url}/docs`)).status).toBe(200);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    info: { version: string };
  };
  expect(document.info.version).toBe(packageVersion);
  expect((await service.stop()).code).toBe(0);
});
