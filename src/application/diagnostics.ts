import type { Diagnostics, Report, ReportRow } from '../domain/diagnostics.ts';
import type { Logger } from '../domain/ports.ts';
import type { Caller } from './access/caller.ts';
import { requireOperator } from './access/policy.ts';

/** Every method throws DomainError `forbidden` unless the caller is the operator. */
export function createDiagnosticsUseCases({
  diagnostics,
  logger,
}: {
  readonly diagnostics: Diagnostics;
  readonly logger: Logger;
}) {
  return {
    async read(caller: Caller, report: Report): Promise<readonly ReportRow[]> {
      requireOperator(caller);
      return diagnostics.read(report);
    },
    async listEventsOfRequest(caller: Caller, requestId: string): Promise<readonly ReportRow[]> {
      requireOperator(caller);
      return diagnostics.listEventsOfRequest(requestId);
    },
    async endConnection(caller: Caller, pid: number): Promise<boolean> {
      requireOperator(caller);
      const ended = await diagnostics.endConnection(pid);
      if (ended) logger.warn('the operator ended a connection', { pid });
      return ended;
    },
    async retryMail(caller: Caller): Promise<number> {
      requireOperator(caller);
      return diagnostics.retryMail();
    },
  };
}
