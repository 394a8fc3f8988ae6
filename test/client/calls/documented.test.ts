import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startUserService } from '@user-service/client/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../support/child-process.ts';
import { fencedBlocks } from '../../support/markdown.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** The only program of a page. */
function programOf(path: string): string {
  const blocks = fencedBlocks(readFileSync(join(root, path), 'utf8'));
  const [program, ...others] = blocks.filter(({ language }) => language === 'js');
  expect(others).toEqual([]);
  return program?.text ?? '';
}

test('the programs of the page and of the README run as they stand', async () => {
  expect(existsSync(join(root, 'packages/client/dist/index.js')), 'run `npm run build`').toBe(true);
  const service = await startUserService({ program: join(root, 'bin', 'user-service.cjs') });
  onTestFinished(() => service.stop());
  const { key } = await service.createServiceAccount();
  const folder = createTemporaryDirectory('client-page');
  onTestFinished(() => folder.remove());
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  const path = join(folder.path, 'program.mjs');
  const { PATH = '' } = process.env;
  const linesOf = async (program: string) => {
    writeFileSync(path, program);
    const child = await startProcess(process.execPath, [path], {
      env: { PATH, URL: service.url, KEY: key },
    });
    await child.exited;
    return child.output().trim().split('\n');
  };
  const page = await linesOf(programOf('docs/use-it/client.md'));
  expect(page).toEqual(['Obi', 'ada.okafor@example.com', 'Ada']);
  expect(await linesOf(programOf('README.md'))).toEqual(['Grace']);
});
