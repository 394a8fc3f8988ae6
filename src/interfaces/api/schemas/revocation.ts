import Type from 'typebox';
import { REVOCATION_KINDS, type RevocationEntry } from '../../../domain/session/revocation-feed.ts';
import { nullableString, timeOutput, uuidOutput, wordOf } from './common.ts';

/** A revocation, over HTTP and as the data of a message. */
export const revocationSchema = Type.Object({
  kind: wordOf(REVOCATION_KINDS, {
    description:
      '`session`: tokens whose `sid` is `id` are void. `user`: tokens whose `sub` is `id` and whose `iat` is `not_before` or less are void. `all`: so are all tokens of users whose `iat` is `not_before` or less.',
  }),
  id: nullableString({ format: 'uuid', description: 'Of the session or user; null for `all`.' }),
  not_before: Type.Integer({ description: 'Seconds since the epoch, as `iat`.' }),
  until: Type.Integer({
    description: 'Seconds since the epoch. Forget the entry then: its tokens have expired.',
  }),
});

export function writeRevocation({ kind, id, notBefore, until }: RevocationEntry): string {
  return JSON.stringify({ kind, id, not_before: notBefore, until });
}

/** What is published every second beside the stream of revocations. */
export const revocationHeartbeatSchema = Type.Object({
  instance_id: uuidOutput('The instance that publishes for all.'),
  time: timeOutput(),
  position: Type.String({
    description: 'Of `GET /v1/revocations`: everything up to it is in the stream.',
  }),
  last_sequence: Type.Integer({ description: 'Of the last message in the stream.' }),
  epoch: Type.String({
    description:
      'When it changes, read the whole stream again: it may have lost messages and got them back.',
  }),
});

export function writeRevocationHeartbeat(heartbeat: {
  readonly instanceId: string;
  readonly time: string;
  readonly position: string;
  readonly lastSequence: number;
  readonly comparisons: number;
}): string {
  const { instanceId, time, position, lastSequence, comparisons } = heartbeat;
  return JSON.stringify({
    ...{ instance_id: instanceId, time, position, last_sequence: lastSequence },
    epoch: `${instanceId}.${comparisons}`,
  });
}
