import { mirror, pgStore } from '@user-service/client/events';
import pg from 'pg';

const { SERVICE_URL: url, SERVICE_KEY: key, TABLE_URL } = process.env;
/** Batches that may come again. */
const KEPT = 20;

/** Keeps the table `users` until the process is killed. */
export async function keepTable(source) {
  const pool = new pg.Pool({ connectionString: TABLE_URL });
  pool.on('error', () => {});
  await mirror({
    source: repeating(source),
    service: { url, key },
    store: pgStore({ pool, table: 'users' }),
    onRetry: ({ error }) => process.stderr.write(`${error} ${error.cause ?? ''}\n`),
  }).done;
}

/**
 * What "at least once" permits: behind each batch an older one comes again. Only the comparison of versions keeps the
 * table right.
 */
function repeating(source) {
  async function open(options) {
    const opened = await source.open(options);
    async function* batches(after) {
      const kept = [];
      for await (const batch of opened.batches(after)) {
        yield batch;
        if (batch.deliveries.length === 0) continue;
        const again = kept[Math.floor(Math.random() * kept.length)];
        if (again !== undefined) yield { deliveries: again, position: null };
        kept.push(batch.deliveries.map(({ event }) => ({ event, ack() {}, release() {} })));
        if (kept.length > KEPT) kept.shift();
      }
    }
    return { ...opened, batches };
  }
  return { open };
}
