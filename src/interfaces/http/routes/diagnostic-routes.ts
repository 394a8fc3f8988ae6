import Type from 'typebox';
import { REPORTS } from '../../../domain/diagnostics.ts';
import { closedObject, wordOf } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

const tag = 'Diagnostics';
const access = 'operator';
const rows = Type.Object({
  rows: Type.Array(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
  ),
});
const count = Type.Object({ count: Type.Integer() });

/** Routes for the person on call; on the control socket only. */
export const diagnosticRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/diagnostics/{report}',
    operationId: 'readReport',
    tag,
    summary: 'Read a report about the database or a queue',
    access,
    params: closedObject({ report: wordOf(REPORTS) }),
    responses: { 200: { description: 'At most 100 rows.', schema: rows } },
    problems: [],
    handle: async ({ caller, params }, { useCases }) => ({
      status: 200,
      body: { rows: await useCases.diagnostics.read(caller, params.report) },
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/request-events',
    operationId: 'listEventsOfRequest',
    tag,
    summary: 'List the events of a request',
    access,
    query: closedObject({ request_id: Type.String({ pattern: '^[A-Za-z0-9._-]{1,128}$' }) }),
    responses: { 200: { description: 'At most 200 events.', schema: rows } },
    problems: [],
    handle: async ({ caller, query }, { useCases }) => ({
      status: 200,
      body: { rows: await useCases.diagnostics.listEventsOfRequest(caller, query.request_id) },
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/database-connections/end',
    operationId: 'endConnection',
    tag,
    summary: 'End a connection to the database',
    ignoresIdempotencyKey: 'not repeatable',
    access,
    body: {
      schema: closedObject({ pid: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }),
      mediaTypes: ['application/json'],
    },
    responses: {
      200: { description: 'How many were ended: 0 without such a connection.', schema: count },
    },
    problems: [],
    handle: async ({ caller, body }, { useCases }) => {
      const ended = await useCases.diagnostics.endConnection(caller, body.pid);
      return { status: 200, body: { count: ended ? 1 : 0 } };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/mail/retry',
    operationId: 'retryMail',
    tag,
    summary: 'Make waiting mail due now',
    ignoresIdempotencyKey: 'not repeatable',
    access,
    responses: { 200: { description: 'How much mail became due.', schema: count } },
    problems: [],
    handle: async ({ caller }, { useCases }) => ({
      status: 200,
      body: { count: await useCases.diagnostics.retryMail(caller) },
    }),
  }),
];
