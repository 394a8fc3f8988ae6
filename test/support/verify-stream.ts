import { expect } from 'vitest';
import type { Caller } from '../../src/application/access/caller.ts';
import { createReadStreamSlice } from '../../src/application/outbox/read-stream-slice.ts';
import { type StreamFinding, verifyStream } from '../../src/application/outbox/verify-stream.ts';
import { createPostgresEventAudit } from '../../src/infrastructure/database/postgres/event-audit.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { connectNats } from '../../src/infrastructure/messaging/nats-connection.ts';
import { createStreamReader } from '../../src/infrastructure/messaging/stream-reader.ts';
import { eventually } from './eventually.ts';
import { createSilentLogger } from './logger.ts';

const OPERATOR: Caller = {
  ...{ principal: { kind: 'operator' }, requestId: 'verify', ip: null, userAgent: null },
};

/** What `events verify` finds about a stream and a database. */
export async function findStreamFaults(
  database: Pick<Database, 'query'>,
  url: string,
): Promise<readonly StreamFinding[]> {
  return (await verifyStreamOf(database, url)).findings;
}

/** What `events verify` says about a stream and a database. */
export async function verifyStreamOf(database: Pick<Database, 'query'>, url: string) {
  const logger = createSilentLogger();
  const settings = { servers: [url], tls: false, pingIntervalMs: 5_000 };
  const link = await connectNats(settings, { logger });
  try {
    await eventually(() => expect(link.isConnected()).toBe(true));
    const readSlice = createReadStreamSlice({
      eventAudit: createPostgresEventAudit(database),
      streamReader: createStreamReader({ link, stream: 'USERS' }),
    });
    const findings: StreamFinding[] = [];
    const summary = await verifyStream({
      readSlice: (after, upTo) => readSlice(OPERATOR, after, upTo),
      onFinding: (finding) => findings.push(finding),
    });
    expect(summary?.messages).toBeGreaterThan(0);
    return { summary, findings };
  } finally {
    await link.close();
  }
}
