import { schemaRecordSchema } from '../../api/schemas/schema-record.ts';
import { route } from '../route.ts';

/** For `user-service migrate` while a service has the embedded database open; on the control socket only. */
export const schemaRoute = route({
  method: 'GET',
  path: '/v1/schema',
  operationId: 'readSchema',
  tag: 'Schema',
  summary: 'Return the version of the schema and the migrations that were applied',
  access: 'operator',
  responses: {
    200: { description: 'The record of the schema.', schema: schemaRecordSchema },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const { version, dirty, history } = await useCases.schema.read(caller);
    return {
      status: 200,
      body: {
        process_id: process.pid,
        version,
        dirty,
        history: history.map(({ compatibleFrom, appliedAt, ...migration }) => ({
          ...migration,
          compatible_from: compatibleFrom,
          applied_at: appliedAt,
        })),
      },
    };
  },
});
