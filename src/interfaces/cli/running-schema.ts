import { Value } from 'typebox/value';
import type { SchemaRecord } from '../../domain/schema-record.ts';
import { schemaRecordSchema } from '../api/schemas/schema-record.ts';
import { CommandFailure } from './io.ts';
import { callsOf, type OperatorClient, responseOf } from './operator-client.ts';
import { problemOf } from './problem.ts';

/**
 * Asks a running service for its schema, over its control socket.
 * @throws ServiceUnreachable
 * @throws CommandFailure when the service is of a build that does not know the request, or cannot read its database
 */
export async function readRunningSchema(
  client: OperatorClient,
): Promise<{ readonly processId: number; readonly record: SchemaRecord }> {
  const response = responseOf(await callsOf(client).schema.read());
  const { body } = response;
  if (response.status !== 200 || !Value.Check(schemaRecordSchema, body)) {
    const { code } = problemOf(response);
    throw new CommandFailure(
      `The running service does not report its schema (${code}). Stop it, and run this command again.`,
    );
  }
  const { process_id: processId, version, dirty, history } = body;
  return {
    processId,
    record: {
      version,
      dirty,
      history: history.map(({ compatible_from, applied_at, unfinished, ...migration }) => ({
        ...migration,
        compatibleFrom: compatible_from,
        appliedAt: applied_at,
        unfinished: unfinished === 'up' || unfinished === 'down' ? unfinished : null,
      })),
    },
  };
}
