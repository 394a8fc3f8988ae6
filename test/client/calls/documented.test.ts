import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startUserService } from '@user-service/client/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../support/child-process.ts';
import { fencedBlocks } from '../../support/markdown.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test('the program of the page runs as it stands', async () => {
  expect(existsSync(join(root, 'packages/client/dist/index.js')), 'run `npm run build`').toBe(true);
  const page = readFileSync(join(root, 'docs/use-it/client.md'), 'utf8');
  const [program, ...others] = fencedBlocks(page).filter(({ language }) => language === 'js');
  expect(others).toEqual([]);
  const service = await startUserService({ program: join(root, 'bin', 'user-service.cjs') });
  onTestFinished(() => service.stop());
  const { key } = await service.createServiceAccount();
  const folder = createTemporaryDirectory('client-page');
  onTestFinished(() => folder.remove());
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  const path = join(folder.path, 'program.mjs');
  writeFileSync(path, program?.text ?? '');
  const { PATH = '' } = process.env;
  const child = await startProcess(process.execPath, [path], {
    env: { PATH, URL: service.url, KEY: key },
  });
  await child.exited;
  expect(child.output().trim().split('\n')).toEqual(['Obi', 'ada.okafor@example.com', 'Ada']);
});
