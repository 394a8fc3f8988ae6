import Type, { type TSchema } from 'typebox';
import { PROBLEMS } from '../../api/problem-table.ts';
import { EdgeError } from '../../api/problems.ts';
import { reportSchema, toHealthResponse } from '../../api/schemas/health.ts';
import { type Route, route } from '../route.ts';

const tag = 'Operations';

const liveSchema = Type.Object({ status: Type.Literal('ok') });
const readySchema = Type.Object({
  status: Type.Enum(['ready', 'down', 'draining'], {
    description: '`down` without the database, `draining` while the service stops.',
  }),
});

/** Liveness: the process answers. Touches no dependency, so that none can have the process restarted. */
const live = route({
  method: 'GET',
  path: '/health/live',
  operationId: 'getLiveness',
  tag,
  summary: 'Whether the process answers',
  access: 'public',
  responses: { 200: { description: 'It does.', schema: liveSchema } },
  problems: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
});

/** Readiness: whether requests should be sent here. A degraded service is ready. */
const ready = route({
  method: 'GET',
  path: '/health/ready',
  operationId: 'getReadiness',
  tag,
  summary: 'Whether requests should be sent here',
  access: 'public',
  responses: {
    200: { description: 'They should.', schema: readySchema },
    503: { description: 'They should not.', schema: readySchema },
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
  summary: 'How the service and its dependencies are',
  access: 'public',
  responses: {
    200: { description: '`ok` or `degraded`.', schema: reportSchema },
    503: { description: '`down`.', schema: reportSchema },
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
  summary: 'Metrics for Prometheus',
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

/** Probes, served on every server. */
export const probeRoutes: readonly Route[] = [live, ready];

/** What only operators read; on the management server where there is one. */
export const reportRoutes: readonly Route[] = [report, metrics];
