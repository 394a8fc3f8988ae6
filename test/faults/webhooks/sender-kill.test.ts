import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { expect, it, onTestFinished } from 'vitest';
import { createPostgresEventNumbering } from '../../../src/infrastructure/database/postgres/event-feed.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { storeEndpoint } from '../../support/webhook-endpoint.ts';
import { LOCAL_WEBHOOKS, startReceiver } from '../../support/webhook-receiver.ts';

/** Events; each of the two endpoints that work gets all of them. */
const EVENTS = Number(process.env.WEBHOOK_EVENTS ?? 300);
const KILLS = 3;
/** Of a hundred attempts, so many fail. */
const FAILING = 20;
const PATIENCE_MS = Math.max(60_000, EVENTS * 60);
const CHILD = fileURLToPath(new URL('../../support/webhook-child.ts', import.meta.url));

it('every event arrives although attempts fail and senders are killed, in order where asked', {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  onTestFinished(() => database.close());
  const isFailing = (count: number) => (count * 37) % 100 < FAILING;
  const flaky = () =>
    startReceiver((response, _, count) => response.writeHead(isFailing(count) ? 500 : 204).end());
  const [ordered, unordered] = [await flaky(), await flaky()];
  // It takes connections and never answers.
  const dead = await startReceiver(() => {});
  const inOrder = await storeEndpoint(database, { url: ordered.url, ordered: true });
  await storeEndpoint(database, { url: unordered.url });
  await storeEndpoint(database, { url: dead.url });
  await database.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
       select make_event_id(), make_event_id(), 1, 'user.created', '{"status":"active"}', 'r', now()
       from generate_series(1, $1)`,
    [EVENTS],
  );
  while ((await createPostgresEventNumbering(database).number(2_000)).numbered > 0);
  const startSender = async () => {
    const sender = await startProcess(process.execPath, [
      ...['--import', 'tsx', CHILD, JSON.stringify(connectionOptions)],
      JSON.stringify({ ...LOCAL_WEBHOOKS, WEBHOOKS_TIMEOUT: '5s' }),
    ]);
    onTestFinished(async () => void (await sender.kill()));
    return sender;
  };
  const patience = { timeoutMs: PATIENCE_MS, intervalMs: 5 };

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const sender = await startSender();
    const enough = ordered.received.length + EVENTS / 10 + kill;
    await eventually(() => expect(ordered.received.length).toBeGreaterThan(enough), patience);
    await sender.kill();
    // Simulates that the leases of the killed sender have ended.
    await database.query(
      `update webhook_deliveries set leased_until = now(), due_at = now() where leased_until > now()`,
    );
  }
  await startSender();
  const arrived = ({ received }: typeof ordered) =>
    received.filter((_, index) => !isFailing(index + 1));
  const countOf = (receiver: typeof ordered) =>
    new Set(arrived(receiver).map(({ headers }) => headers['webhook-id'])).size;
  await eventually(() => expect([countOf(ordered), countOf(unordered)]).toEqual([EVENTS, EVENTS]), {
    ...patience,
    intervalMs: 200,
  });

  // What was in flight at a kill comes twice, and nothing overtakes.
  const sequences = arrived(ordered).map(({ body }) => Number(JSON.parse(body).sequence));
  expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
  expect(sequences.length - EVENTS).toBeLessThanOrEqual(KILLS);
  expect(arrived(unordered).length - EVENTS).toBeLessThanOrEqual(4 * KILLS);
  const verifier = new Webhook(inOrder.secret);
  for (const { body, headers } of ordered.received.slice(-20)) {
    expect(() => verifier.verify(body, headers as Record<string, string>)).not.toThrow();
  }
  expect(dead.received.length).toBeLessThanOrEqual(40 * (KILLS + 1));
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::integer as count from webhook_deliveries`,
  );
  expect(rows[0]?.count).toBe(3 * EVENTS);
});
