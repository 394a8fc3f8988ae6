import { afterEach, expect, test } from 'vitest';
import { runCommand } from '../../../test/support/cli-setting.ts';
import {
  type FakeUserService,
  startFakeUserService,
} from '../../../test/support/fake-user-service.ts';
import { findFreePort } from '../../../test/support/free-port.ts';

let service: FakeUserService | undefined;
afterEach(() => service?.stop());

async function health(status: number, body: unknown, ...args: string[]) {
  service = await startFakeUserService({ answer: () => ({ status, body }) });
  return runCommand(['health', service.url, ...args]);
}

const checks = (database: string, cache: string) => ({
  database: { status: database, latency_ms: 1.5, driver: 'postgres' },
  cache: { status: cache, latency_ms: 0.1, driver: 'memory' },
});

test('ok is exit code 0, with a line for each dependency', async () => {
  const run = await health(200, { status: 'ok', checks: checks('ok', 'ok') });
  expect(run).toMatchObject({
    code: 0,
    stdout: [
      'ok',
      'DEPENDENCY  STATUS  LATENCY  DRIVER',
      'database    ok      1.5 ms   postgres',
      'cache       ok      0.1 ms   memory',
    ],
  });
  expect(service?.requests[0]?.path).toBe('/health');
});

test('degraded says so and is exit code 0', async () => {
  const run = await health(200, { status: 'degraded', checks: checks('ok', 'down') });
  expect(run.code).toBe(0);
  expect(run.stdout[0]).toContain('degraded');
});

test('down is exit code 1, whatever the HTTP status', async () => {
  const run = await health(503, { status: 'down', checks: checks('down', 'ok') });
  expect(run.code).toBe(1);
  expect(run.stdout[0]).toContain('down');
});

test('--json gives the report itself', async () => {
  const report = { status: 'ok', checks: checks('ok', 'ok') };
  const run = await health(200, report, '--json');
  expect(JSON.parse(run.stdout.join(''))).toEqual(report);
});

test('no service, or another server, is exit code 1', async () => {
  expect((await health(200, 'hello')).code).toBe(1);
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const run = await runCommand(['health', url]);
  expect(run.code).toBe(1);
  expect(run.stderr.join()).toContain('nothing listens there');
  const json = await runCommand(['health', url, '--json']);
  expect(json.stdout).toEqual([]);
  expect(JSON.parse(json.stderr.join(''))).toMatchObject({ error: { code: 'unreachable' } });
});

test('a URL that already ends in /health works', async () => {
  service = await startFakeUserService({ answer: () => ({ status: 200, body: { status: 'ok' } }) });
  expect((await runCommand(['health', `${service.url}/health`])).code).toBe(0);
  expect(service.requests[0]?.path).toBe('/health');
});
