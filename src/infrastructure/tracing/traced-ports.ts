import type { EventStream } from '../../domain/outbox/event-stream.ts';
import type { LogFields, Logger, RequestLog } from '../../domain/ports.ts';
import type { Cache } from '../cache/cache.ts';
import type { Database, SqlConnection } from '../database/sql.ts';
import type { SpanSpec, Spans } from './spans.ts';
import { readStatementNames } from './statement-names.ts';

/** The name of a statement that is in none of the query files. */
const UNNAMED_STATEMENT = 'statement';

/** Adds a span to every statement and every transaction. Spans have the name of a statement, never its text or values. */
export function traceDatabase(spans: Spans, database: Database): Database {
  const names = readStatementNames();

  function traceConnection(connection: SqlConnection): SqlConnection {
    return {
      query: (text, values, name) =>
        spans.within(sqlSpan(names.get(text) ?? UNNAMED_STATEMENT), () =>
          connection.query(text, values, name),
        ),
    };
  }

  return {
    ...database,
    ...traceConnection(database),
    transaction: (work, deadline) =>
      spans.within(sqlSpan('transaction'), () =>
        database.transaction(
          (connection, commitWithNext) => work(traceConnection(connection), commitWithNext),
          deadline,
        ),
      ),
  };
}

function sqlSpan(name: string): SpanSpec {
  return {
    name: `sql ${name}`,
    kind: 'client',
    attributes: { 'db.system.name': 'postgresql', 'db.query.summary': name },
  };
}

/** Adds a span to every call of the cache, without keys and values. */
export function traceCache(spans: Spans, cache: Cache): Cache {
  return traceMethods(spans, cache, (operation) => ({
    name: `redis ${operation}`,
    kind: 'client',
    attributes: { 'db.system.name': 'redis', 'db.operation.name': operation },
  }));
}

/** Starts a trace for every published event: the request that caused it has ended before. */
export function traceStream(spans: Spans, stream: EventStream): EventStream {
  return {
    ...stream,
    add: (event, previousId) => {
      const destination = `users.events.${event.event.type}`;
      return spans.root(
        {
          name: `send ${destination}`,
          kind: 'producer',
          attributes: {
            'messaging.system': 'nats',
            'messaging.operation.name': 'publish',
            'messaging.operation.type': 'send',
            'messaging.destination.template': `${destination}.{user_id}`,
            'messaging.message.id': event.id,
          },
        },
        () => stream.add(event, previousId),
      );
    },
  };
}

/** Groups whose calls take microseconds and belong to every request: their spans would hide the others. */
const UNTRACED: ReadonlySet<string> = new Set(['limits']);

/** Adds a span to every use case, named after it; in a group, `group.name`. */
export function traceUseCases<T extends object>(spans: Spans, useCases: T, group = ''): T {
  const traced = traceMethods(spans, useCases, (name) => ({ name: `use case ${group}${name}` }));
  for (const [name, member] of Object.entries(useCases)) {
    if (typeof member !== 'object' || member === null || UNTRACED.has(name)) continue;
    Object.assign(traced, { [name]: traceUseCases(spans, member, `${group}${name}.`) });
  }
  return traced;
}

/** Adds the current `trace_id` to every line. */
export function traceLogger(spans: Spans, logger: Logger): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: LogFields): void => {
      const traceId = spans.traceId();
      logger[level](message, traceId === undefined ? fields : { ...fields, trace_id: traceId });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => traceLogger(spans, logger.with(fields)),
  };
}

/** Adds the current `trace_id` to every line. */
export function traceRequestLog(spans: Spans, log: RequestLog): RequestLog {
  return {
    write(fields, answer) {
      const traceId = spans.traceId();
      log.write(traceId === undefined ? fields : { ...fields, trace_id: traceId }, answer);
    },
  };
}

/** Copies the object; its own methods run in spans. */
function traceMethods<T extends object>(
  spans: Spans,
  port: T,
  specOf: (method: string) => SpanSpec,
): T {
  const members = Object.entries(port).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    const spec = specOf(name);
    const traced = (...args: readonly unknown[]): unknown =>
      spans.within(spec, () => member.apply(port, args));
    return [name, traced];
  });
  return Object.fromEntries(members) as T;
}
