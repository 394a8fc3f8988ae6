import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runConfigCheck } from '../../src/interfaces/cli/config.ts';
import { argumentsOf, leaves, mandatoryOf } from '../support/cli-commands.ts';
import { type CliSetting, runCommand } from '../support/cli-setting.ts';
import { startFakeUserService } from '../support/fake-user-service.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

function refuse(): never {
  throw Object.assign(new Error('missing'), { code: 'ENOENT' });
}

describe('Ctrl-C', () => {
  /** They ask no service; `serve` and `events tail` end cleanly, as their own tests say. */
  const others = /^(serve|migrate .*|config .*|events tail|password calibrate|mail preview)$/;
  const waiting = leaves.filter(({ path }) => !others.test(path.join(' ')));
  const person = ['--first-name', 'Ada', '--last-name', 'Li', '--email', 'ada@b.test'];

  async function expectInterrupted(argv: readonly string[], setting: CliSetting): Promise<void> {
    const { code, stdout, stderr } = await runCommand([...argv, '--json'], setting);
    expect([code, stdout]).toEqual([130, []]);
    expect(stderr).toHaveLength(1);
    expect(JSON.parse(stderr.join(''))).toMatchObject({ error: { code: 'interrupted' } });
  }

  it.each(waiting)('ends $name while it waits for the service', async (entry) => {
    const directory = createTemporaryDirectory('interrupt');
    const socketPath = join(directory.path, 'control.sock');
    const controller = new AbortController();
    const service = await startFakeUserService({
      socketPath,
      answer: () => {
        controller.abort();
        return new Promise(() => {});
      },
    });
    onTestFinished(async () => {
      await service.stop();
      await directory.remove();
    });
    const { path, command } = entry;
    const needed: Readonly<Record<string, readonly string[]>> = {
      'events resync': ['--confirm'],
      'users create': person,
      'users update': ['--last-name', 'Li'],
      'sessions revoke-all': ['--reason', 'Ticket 4711', '--confirm'],
    };
    const flags = needed[path.join(' ')] ?? mandatoryOf(entry);
    // `health` without a URL asks the local service.
    const values = command.name() === 'health' ? [] : argumentsOf(entry);
    await expectInterrupted([...path, ...values, ...flags], {
      socketPath,
      stdin: 'seven slow herons over the weir',
      signal: controller.signal,
      localService: async () => ({ socketPath, description: 'the data' }),
    });
  });

  it('ends config check --connect while it waits for a dependency', async () => {
    const controller = new AbortController();
    await expectInterrupted(['config', 'check', '--connect'], {
      signal: controller.signal,
      configCheck: (args) =>
        runConfigCheck(args, {
          stdout: refuse,
          stderr: refuse,
          env: {},
          cwd: '/app',
          readFile: refuse,
          signal: controller.signal,
          checkConnections: () => {
            queueMicrotask(() => controller.abort());
            return new Promise(() => {});
          },
        }),
    });
  });
});
