import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { findFreePort } from './free-port.ts';
import { findServerBinary } from './server-binaries.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

export interface Haproxy {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Starts HAProxy on a free port of 127.0.0.1 in front of instances of the service. It keeps connections open on both
 * sides, and asks each instance for its readiness every 200 ms: two failures take it out, one success takes it back.
 * @throws Error that names the remedy when HAProxy is not installed, or that contains its output when it does not start.
 */
export async function startHaproxy(ports: readonly number[]): Promise<Haproxy> {
  const directory = createTemporaryDirectory('haproxy');
  const port = await findFreePort();
  const servers = ports.map(
    (to, index) => `  server s${index} 127.0.0.1:${to} check inter 200 fall 2 rise 1`,
  );
  const file = join(directory.path, 'haproxy.cfg');
  writeFileSync(
    file,
    `${[
      'global',
      '  log stdout format raw local0',
      'defaults',
      '  mode http',
      '  log global',
      '  timeout connect 1s',
      '  timeout client 30s',
      '  timeout server 30s',
      '  timeout check 2s',
      'frontend all',
      `  bind 127.0.0.1:${port}`,
      '  default_backend instances',
      'backend instances',
      '  balance roundrobin',
      '  option httpchk GET /health/ready',
      '  option redispatch',
      ...servers,
    ].join('\n')}\n`,
  );
  const running = await startProcess(findServerBinary('haproxy'), ['-db', '-f', file], {
    directory: directory.path,
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    async () => {
      if (running.hasExited()) return;
      const answer = await fetch(`${url}/health/ready`);
      if (answer.status !== 200) throw new Error(`it answers ${answer.status}`);
    },
    { timeoutMs: 10_000, what: 'an HAProxy that reaches an instance' },
  );
  if (running.hasExited()) throw new Error(`HAProxy ended during its start:\n${running.output()}`);
  return {
    url,
    async stop() {
      await running.stop();
      await directory.remove();
    },
  };
}
