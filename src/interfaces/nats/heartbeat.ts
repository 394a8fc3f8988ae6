import Type from 'typebox';
import type { Logger } from '../../domain/ports.ts';
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
  /** Longest silence while a server answers, in milliseconds. */
  readonly intervalMs: number;
  /** How often the state is looked at, in milliseconds. */
  readonly pollMs: number;
}

/** How often an instance says how it is, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 10_000;
/** How often its state is looked at, in milliseconds; changes are told within this. */
export const HEARTBEAT_POLL_MS = 1_000;

/** What one beat says. */
export const heartbeatSchema = Type.Object({
  instance_id: Type.String({ description: 'The last token of the subject.' }),
  status: Type.Enum(['ok', 'degraded', 'down', 'draining'], {
    description: 'As in `/health`; `draining` is the last word of an instance that stops.',
  }),
  checks: Type.Optional(reportSchema.properties.checks),
});

/** The subject that an instance's beats are published on. */
export function heartbeatSubject(instanceId: string): string {
  return `users.health.${instanceId}`;
}

/**
 * Publishes the instance's health at intervals, at each change of its own or of a dependency's state, after each
 * reconnection, and once more when it stops. Without a server beats are dropped, not kept: an old one would be a lie.
 */
export function startHeartbeat(deps: Deps): Loop {
  const { link, instanceId } = deps;
  const subject = heartbeatSubject(instanceId);
  let lastState: string | null = null;
  let lastAtMs = 0;
  const unlisten = link.onChange(() => {
    lastState = null;
  });
  const loop = startLoop({ name: 'health beat', intervalMs: deps.pollMs, run: beat }, deps);

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
    const state = [report, database, cache, messaging].map(({ status }) => status).join(' ');
    // Half a poll early rather than half a poll late.
    const isDue = deps.monotonicMs() - lastAtMs >= deps.intervalMs - deps.pollMs / 2;
    const connection = link.current();
    if (connection === null || (state === lastState && !isDue)) return;
    connection.publish(subject, JSON.stringify({ instance_id: instanceId, ...report }));
    lastState = state;
    lastAtMs = deps.monotonicMs();
  }
}
