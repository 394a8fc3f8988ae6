import {
  createSendWebhooks,
  type SendWebhooksDeps,
  type WebhookTotals,
} from '../application/webhooks/send-webhooks.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../domain/ports.ts';
import type { WebhookBacklog, WebhookQueue } from '../domain/webhook/webhook-delivery.ts';
import type { WebhookSecretSeals, WebhookTargets } from '../domain/webhook/webhook-endpoint.ts';
import { createSystemClock } from '../infrastructure/system/clock.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import { createHttpTransport } from '../infrastructure/webhooks/http-transport.ts';
import { createReceiverAddresses } from '../infrastructure/webhooks/receiver-addresses.ts';
import { createWebhookTargets } from '../infrastructure/webhooks/webhook-targets.ts';
import { startLoop } from '../interfaces/worker/loop.ts';

/** Delivers webhooks in this process. */
export interface WebhookDelivery {
  readonly targets: WebhookTargets;
  start(): void;
  /** Begins a run now, or right after the current one. */
  runSoon(): void;
  /** Attempts in progress get three seconds. Close the database after it. */
  stop(): Promise<void>;
  totals(): WebhookTotals;
  /** Queries the database. */
  backlog(): Promise<WebhookBacklog>;
}

const RUN_INTERVAL_MS = 1_000;
const CLEANUP_INTERVAL_MS = 60_000;
const FIRST_CLEANUP_MS = 2_000;
const ROWS_PER_ROUND = 2_000;
const MAX_ROUNDS = 20;

export function createWebhookDelivery(
  config: Config['webhooks'],
  deps: {
    readonly webhookQueue: WebhookQueue;
    readonly webhookSecrets: SendWebhooksDeps['signer'];
    readonly webhookSecretSeals: WebhookSecretSeals;
    readonly logger: Logger;
    /** Pauses of tests. */
    readonly runIntervalMs?: number;
  } & Pick<SendWebhooksDeps, 'schedule'>,
): WebhookDelivery {
  const { webhookQueue: queue, logger, schedule, runIntervalMs = RUN_INTERVAL_MS } = deps;
  const { allowHttp, allowNetworks, timeoutMs, retentionMs } = config;
  const addresses = createReceiverAddresses(allowNetworks);
  const clock = createSystemClock();
  const transport = createHttpTransport({ addresses, allowHttp, timeoutMs, clock });
  const sender = createSendWebhooks({
    ...{ queue, transport, logger, timeoutMs },
    signer: deps.webhookSecrets,
    clock,
    nowMs: monotonicMs,
    random: Math.random,
    maxInFlight: config.maxInFlight,
    ...(schedule === undefined ? {} : { schedule }),
  });
  const loops: ReturnType<typeof startLoop>[] = [];
  let runSoon = (): void => {};

  async function cleanUp(): Promise<void> {
    await inRounds(() => queue.deleteEnded(retentionMs, ROWS_PER_ROUND));
    await inRounds(() => queue.deleteAttempts(retentionMs, ROWS_PER_ROUND));
    await inRounds(() => queue.deleteOrphans(ROWS_PER_ROUND));
    await queue.deleteExpiredSecrets();
    const count = await deps.webhookSecretSeals.reseal();
    if (count > 0) logger.info('encrypted webhook secrets under the current master key', { count });
  }

  return {
    targets: createWebhookTargets({
      ...{ addresses, allowHttp },
      hasAllowedNetworks: allowNetworks.length > 0,
    }),
    start() {
      const cleanup = {
        name: 'webhook cleanup',
        intervalMs: CLEANUP_INTERVAL_MS,
        firstAfterMs: FIRST_CLEANUP_MS,
        run: cleanUp,
      };
      loops.push(startLoop(cleanup, { logger }));
      if (!config.enabled) return;
      const run = () => sender.run();
      const loop = startLoop({ name: 'webhooks', intervalMs: runIntervalMs, run }, { logger });
      loops.push(loop);
      runSoon = () => loop.runSoon();
      sender.onWork(runSoon);
    },
    runSoon: () => runSoon(),
    async stop() {
      await sender.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      await transport.close();
    },
    totals: () => sender.totals(),
    backlog: () => queue.backlog(),
  };
}

/** Deletes in rounds, so that no statement is long. */
async function inRounds(remove: () => Promise<number>): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if ((await remove()) < ROWS_PER_ROUND) return;
  }
}
