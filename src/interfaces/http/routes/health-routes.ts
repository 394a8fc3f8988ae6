import Type, { type TSchema } from 'typebox';
import { PROBLEMS } from '../../api/problem-table.ts';
import { EdgeError } from '../../api/problems.ts';
import { wordOf } from '../../api/schemas/common.ts';
import { reportSchema, toHealthResponse } from '../../api/schemas/health.ts';
import { type Route, route } from '../route.ts';

const tag = 'Operations';

export const liveSchema = Type.Object({ status: Type.Literal('ok') });
export const readySchema = Type.Object({
  status: wordOf(['ready', 'down', 'draining'], {
    description: '`down` if the database is down, `draining` while the service stops.',
  }),
});

/** Liveness. It checks no dependency, so that a failed dependency cannot cause a restart of the process. */
const live = route({
  method: 'GET',
  path: '/health/live',
  operationId: 'getLiveness',
  tag,
  summary: 'Check liveness',
  access: 'public',
  responses: { 200: { description: 'The process responds.', schema: liveSchema } },
  problems: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
});

/** Readiness. A degraded service is ready. */
const ready = route({
  method: 'GET',
  path: '/health/ready',
  operationId: 'getReadiness',
  tag,
  summary: 'Check readiness',
  access: 'public',
  responses: {
    200: { description: 'The instance accepts requests.', schema: readySchema },
    503: { description: 'Send requests to another instance.', schema: readySchema },
  },
  problems: [],
  handle: async (_request, { useCases, isDraining }) => {
    if (isDraining()) return { status: 503, body: { status: 'draining' } };
    const { status } = await useCases.checkHealth();
    return status === 'down'
      ? { status: 503, body: { status: 'down' } }
      : { status: 200, body: { status: 'ready' } };
  },
});

const report = route({
  method: 'GET',
  path: '/health',
  operationId: 'getHealth',
  tag,
  summary: 'Get the health of the service and its dependencies',
  access: 'public',
  responses: {
    200: { description: 'The service is `ok` or `degraded`.', schema: reportSchema },
    503: { description: 'The service is `down`.', schema: reportSchema },
  },
  problems: [],
  handle: async (_request, { useCases }) => {
    const health = await useCases.checkHealth();
    return { status: health.status === 'down' ? 503 : 200, body: toHealthResponse(health) };
  },
});

const metricsSchema: TSchema = Type.String({ description: 'Prometheus text format.' });

const metrics = route({
  method: 'GET',
  path: '/metrics',
  operationId: 'getMetrics',
  tag,
  summary: 'Get metrics for Prometheus',
  access: 'public',
  responses: {
    200: { description: 'The metrics.', schema: metricsSchema, mediaType: 'text/plain' },
  },
  problems: ['not_found'],
  handle: async (_request, deps) => {
    if (deps.metrics === undefined) throw new EdgeError('not_found', PROBLEMS.not_found.meaning);
    return {
      status: 200,
      headers: { 'content-type': deps.metrics.contentType },
      body: await deps.metrics.render(),
    };
  },
});

/** The public and the management server both have them. */
export const probeRoutes: readonly Route[] = [live, ready];

/** For operators. They are on the management server if there is one. */
export const reportRoutes: readonly Route[] = [report, metrics];
