import { revocationKeys } from '../../src/config/keys-events.ts';
import {
  REVOCATION_HEARTBEAT_SUBJECT,
  REVOCATION_SUBJECTS,
} from '../../src/infrastructure/messaging/revocation-stream.ts';
import {
  revocationHeartbeatSchema,
  revocationSchema,
} from '../../src/interfaces/api/schemas/revocation.ts';
import { withReferences } from '../../src/interfaces/http/openapi/named-schemas.ts';
import { type Json, reference } from './json.ts';

const SESSION_ID = '0198c0de-5a6b-7c8d-9e0f-1a2b3c4d5e6f';
const INSTANCE_ID = '0198c0dd-0e1f-7a2b-8c3d-4e5f6a7b8c9d';
const STREAM = revocationKeys['revocations.stream'].fallback ?? '';
const prefix = REVOCATION_SUBJECTS.replace('>', '');

export const revocationTag = {
  name: 'Revocations',
  description: `For services that verify access tokens by themselves. The JetStream stream \`${STREAM}\` (\`revocations.stream\`) keeps the last message of each subject of \`${REVOCATION_SUBJECTS}\` for as long as it can concern a valid token. Read it with an ordered consumer and \`deliver_policy: last_per_subject\`. A message may come more than once.`,
};

export function revocationChannels(): Json {
  return {
    revocations: {
      address: `${prefix}{kind}.{id}`,
      title: 'Revocations',
      description: `Filter subject of a consumer: \`${REVOCATION_SUBJECTS}\`.`,
      parameters: {
        kind: { description: 'What is revoked.', enum: ['session', 'user', 'all'] },
        id: { description: 'Id of the session or user; `all` for all users.' },
      },
      messages: {
        message: {
          name: 'Revocation',
          title: 'Revocation',
          payload: withReferences(revocationSchema),
          examples: [
            {
              name: 'session',
              payload: {
                ...{ kind: 'session', id: SESSION_ID },
                ...{ not_before: 1_790_000_000, until: 1_790_000_720 },
              },
            },
          ],
        },
      },
    },
    revocationHeartbeat: {
      address: REVOCATION_HEARTBEAT_SUBJECT,
      title: 'Heartbeat of the revocations',
      description:
        'Published on core NATS every second while everything that was revoked is in the stream. Silence means that revocations may be missing.',
      messages: {
        message: {
          name: 'RevocationHeartbeat',
          title: 'Heartbeat of the revocations',
          payload: withReferences(revocationHeartbeatSchema),
          examples: [
            {
              name: 'heartbeat',
              payload: {
                ...{ instance_id: INSTANCE_ID, time: '2026-09-21T14:13:20.000Z' },
                ...{ position: '4711-9f0e1d2c', last_sequence: 4_752 },
                epoch: `${INSTANCE_ID}.1`,
              },
            },
          ],
        },
      },
    },
  };
}

export const revocationOperations: Json = {
  publishRevocation: operation('revocations', {
    title: 'Revocation',
    summary: 'Publish a revocation',
    description:
      'The service publishes each revocation after its commit, and again from the database in case the first message was lost. Both have the same content.',
  }),
  publishRevocationHeartbeat: operation('revocationHeartbeat', {
    title: 'Heartbeat of the revocations',
    summary: 'Publish that everything revoked is in the stream',
    description:
      'Each second, the service tells the newest position. A verifier that hears none for longer has to decide how it treats tokens.',
  }),
};

function operation(channel: string, texts: Json): Json {
  return {
    ...{ action: 'send', ...texts, security: [] },
    tags: [reference('components/tags/revocations')],
    channel: reference(`channels/${channel}`),
  };
}
