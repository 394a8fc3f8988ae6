import type { Diagnostics, Report, ReportRow } from '../../../domain/diagnostics.ts';
import type { SqlConnection } from '../sql.ts';
import {
  countConnections,
  countRecentEvents,
  deleteConnection,
  listDatabaseActivity,
  listEventsOfRequest,
  listOutboxState,
  listReplicationSlots,
  listTableSizes,
  listWaitingMails,
  markMailsDue,
} from './generated/diagnostics.queries.ts';

const READERS: Readonly<Record<Report, (connection: SqlConnection) => Promise<readonly object[]>>> =
  {
    'database-activity': (connection) => listDatabaseActivity.run(undefined, connection),
    'database-connections': (connection) => countConnections.run(undefined, connection),
    'database-sizes': (connection) => listTableSizes.run(undefined, connection),
    'replication-slots': (connection) => listReplicationSlots.run(undefined, connection),
    'outbox-state': (connection) => listOutboxState.run(undefined, connection),
    'recent-events': (connection) => countRecentEvents.run(undefined, connection),
    'waiting-mail': (connection) => listWaitingMails.run(undefined, connection),
  };

export function createPostgresDiagnostics(connection: SqlConnection): Diagnostics {
  return {
    async read(report) {
      return (await READERS[report](connection)) as readonly ReportRow[];
    },
    async listEventsOfRequest(requestId) {
      const rows = await listEventsOfRequest.run({ requestId }, connection);
      return rows.map((row) => ({ ...row }));
    },
    async endConnection(pid) {
      const [row] = await deleteConnection.run({ pid }, connection);
      return row?.ended === true;
    },
    retryMail: () => markMailsDue.runForCount(undefined, connection),
  };
}
