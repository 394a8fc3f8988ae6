import Type from 'typebox';
import type { Logger } from '../../domain/ports.ts';
import { wordOf } from '../api/schemas/common.ts';
import { reportSchema, toHealthResponse } from '../api/schemas/health.ts';
import { type Loop, startLoop } from '../worker/loop.ts';
import type { NatsUseCases } from './endpoint.ts';
import type { NatsLink } from './nats-link.ts';

interface Deps {
  readonly link: NatsLink;
  readonly useCases: Pick<NatsUseCases, 'checkHealth'>;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
  /** One subject token. */
  readonly instanceId: string;
  /** Longest time between two heartbeats while NATS is connected, in milliseconds. */
  readonly intervalMs: number;
  /** Time between two checks of the state, in milliseconds. */
  readonly pollMs: number;
}

/** Time between two heartbeats of an instance whose state does not change, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 10_000;
/** Time between two checks of the state, in milliseconds. A change is published within this time. */
export const HEARTBEAT_POLL_MS = 1_000;

/** The payload of a heartbeat. */
export const heartbeatSchema = Type.Object({
  instance_id: Type.String({ description: 'Id of the instance: the last token of the subject.' }),
  status: wordOf(['ok', 'degraded', 'down', 'draining'], {
    description:
      'State of the instance, as in `users.v1.health`. `draining` is the last heartbeat of an instance that stops.',
  }),
  checks: Type.Optional(reportSchema.properties.checks),
});

export function heartbeatSubject(instanceId: string): string {
  return `users.health.${instanceId}`;
}

/**
 * Publishes the health of this instance: at intervals, when its state or that of a dependency changes, after each
 * reconnection, and a last time when it stops. Without a connection, heartbeats are dropped: a late one would be wrong.
 */
export function startHeartbeat(deps: Deps): Pick<Loop, 'stop'> {
  const { link, instanceId } = deps;
  const subject = heartbeatSubject(instanceId);
  let lastState: string | null = null;
  let lastAtMs = 0;
  const unlisten = link.onChange(() => {
    lastState = null;
  });
  const loop = startLoop({ name: 'heartbeat', intervalMs: deps.pollMs, run: beat }, deps);

  return {
    async stop() {
      unlisten();
      await loop.stop();
      link
        .current()
        ?.publish(subject, JSON.stringify({ instance_id: instanceId, status: 'draining' }));
    },
  };

  async function beat(): Promise<void> {
    const report = toHealthResponse(await deps.useCases.checkHealth());
    const { database, cache, messaging } = report.checks;
    const state = [
      report.status,
      ...[database, cache, messaging].map(({ status, reason }) => `${status}/${reason}`),
    ].join(' ');
    // Half a poll of tolerance: rather half a poll early than half a poll late.
    const isDue = deps.monotonicMs() - lastAtMs >= deps.intervalMs - deps.pollMs / 2;
    const connection = link.current();
    if (connection === null || (state === lastState && !isDue)) return;
    connection.publish(subject, JSON.stringify({ instance_id: instanceId, ...report }));
    lastState = state;
    lastAtMs = deps.monotonicMs();
  }
}
