import { EXAMPLES } from '../../src/interfaces/http/openapi/examples.ts';
import { withReferences } from '../../src/interfaces/http/openapi/named-schemas.ts';
import {
  HEARTBEAT_INTERVAL_MS,
  heartbeatSchema,
  heartbeatSubject,
} from '../../src/interfaces/nats/heartbeat.ts';
import { type Json, reference } from './json.ts';

const INSTANCE_ID = '0198c0dd-0e1f-7a2b-8c3d-4e5f6a7b8c9d';

export function heartbeatChannel(): Json {
  return {
    health: {
      address: heartbeatSubject('{instance_id}'),
      title: 'Health of an instance',
      description: `Published on core NATS every ${HEARTBEAT_INTERVAL_MS / 1000} s and at each change of state.`,
      parameters: { instance_id: { description: 'Id of the instance: one process.' } },
      messages: {
        message: {
          name: 'Heartbeat',
          title: 'Health of an instance',
          payload: withReferences(heartbeatSchema),
          examples: [
            {
              name: 'running',
              payload: { instance_id: INSTANCE_ID, ...(EXAMPLES.Health as Json) },
            },
            { name: 'stopping', payload: { instance_id: INSTANCE_ID, status: 'draining' } },
          ],
        },
      },
    },
  };
}

export const heartbeatOperation: Json = {
  publishHealth: {
    action: 'send',
    title: 'Health of an instance',
    summary: 'Publish the health of an instance',
    description: 'Without a connection, heartbeats are dropped.',
    security: [],
    tags: [reference('components/tags/health')],
    channel: reference('channels/health'),
  },
};
