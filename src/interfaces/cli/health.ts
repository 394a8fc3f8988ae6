import type { LocalService } from './cli-deps.ts';
import { createHttpClient } from './http-client.ts';
import { type CliIo, CommandFailure, EXIT } from './io.ts';
import { callsOf, type OperatorResponse, responseOf } from './operator-client.ts';
import { isRecord } from './problem.ts';
import { createTableWriter, type TableOptions } from './table.ts';
import { printable } from './text.ts';

const TIMEOUT_MS = 3_000;

export interface HealthOptions extends TableOptions {
  readonly json?: boolean;
}

/**
 * Requests `/health` and prints the state of the service and of each dependency.
 * @returns 0 for ok and degraded; 1 when the service is down
 * @throws ServiceUnreachable when it does not answer within 3 s, CommandFailure for another server, UsageError for a URL that is not a service's base URL
 */
export async function runHealth(
  service: LocalService,
  options: HealthOptions,
  { io, signal }: { readonly io: CliIo; readonly signal: AbortSignal },
): Promise<number> {
  const client = createHttpClient({
    ...(typeof service === 'string' ? { url: service.replace(/\/health\/?$/, '') } : service),
    connections: 1,
    connectTimeoutMs: TIMEOUT_MS,
    requestTimeoutMs: TIMEOUT_MS,
  });
  try {
    const reply = await callsOf(client).operations.health({ signal });
    return report(responseOf(reply), options, io);
  } finally {
    await client.close();
  }
}

function report(response: OperatorResponse, options: HealthOptions, io: CliIo): number {
  const document = isRecord(response.body) ? response.body : {};
  const { status, checks } = document;
  if (status !== 'ok' && status !== 'degraded' && status !== 'down') {
    throw new CommandFailure(
      `Not a health report of a user service (HTTP status ${response.status}).`,
      { code: 'not_a_user_service', status: response.status },
    );
  }
  if (options.json) {
    io.stdout(JSON.stringify(document));
  } else {
    io.stdout(EXPLANATIONS[status]);
    writeChecks(isRecord(checks) ? checks : {}, options, io);
  }
  return status === 'down' ? EXIT.failed : EXIT.done;
}

const EXPLANATIONS = {
  ok: 'ok',
  degraded: 'degraded: the service answers, but a dependency is down or limited',
  down: 'down: the service cannot answer requests',
};

function writeChecks(
  checks: Readonly<Record<string, unknown>>,
  options: TableOptions,
  io: CliIo,
): void {
  const rows = Object.entries(checks).map(([name, check]) => {
    const { status, latency_ms, driver, reason } = isRecord(check) ? check : {};
    const latency = typeof latency_ms === 'number' ? `${latency_ms} ms` : '';
    const cells = [name, String(status ?? ''), latency, String(driver ?? '')];
    return [...cells, typeof reason === 'string' ? reason : ''].map(printable);
  });
  if (rows.length === 0) return;
  const heads = ['DEPENDENCY', 'STATUS', 'LATENCY', 'DRIVER'];
  const isLimited = rows.some((row) => row[4] !== '');
  const table = createTableWriter(isLimited ? [...heads, 'REASON'] : heads, io, options);
  table.write(isLimited ? rows : rows.map((row) => row.slice(0, heads.length)));
}
