import Type, { type Static } from 'typebox';
import type { SigningKeyView } from '../../../application/signing-keys/signing-key-use-cases.ts';
import { closedObject, nullableTimeOutput, timeOutput, wordOf } from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

const tag = 'Signing keys';

/** Without any key material. */
const keySchema = Type.Object({
  kid: Type.String(),
  algorithm: Type.String(),
  state: wordOf(['next', 'signing', 'verifying']),
  created_at: timeOutput(),
  published_at: nullableTimeOutput(),
  activated_at: nullableTimeOutput(),
  retired_at: nullableTimeOutput(),
  signs_from: nullableTimeOutput(),
  verifies_until: nullableTimeOutput(),
  master_key: wordOf(['current', 'previous', 'unknown']),
});
const keysSchema = Type.Object({ signing_keys: Type.Array(keySchema) });

/** In the body, since ids in paths have no case. */
const kid = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Id of the key.' });

function toKeysResponse(keys: readonly SigningKeyView[]): Static<typeof keysSchema> {
  return {
    signing_keys: keys.map((key) => ({
      kid: key.kid,
      algorithm: key.algorithm,
      state: key.state,
      created_at: key.createdAt,
      published_at: key.publishedAt,
      activated_at: key.activatedAt,
      retired_at: key.retiredAt,
      signs_from: key.signsFrom,
      verifies_until: key.verifiesUntil,
      master_key: key.masterKey,
    })),
  };
}

const listSigningKeys = route({
  method: 'GET',
  path: '/v1/signing-keys',
  operationId: 'listSigningKeys',
  tag,
  summary: 'List signing keys',
  access: 'operator',
  responses: { 200: { description: 'All keys, the oldest first.', schema: keysSchema } },
  problems: [],
  handle: async ({ caller }, { useCases }) => ({
    status: 200,
    body: toKeysResponse(await useCases.signingKeys.list(caller)),
  }),
});

const rotateSigningKeys = route({
  method: 'POST',
  path: '/v1/signing-keys/rotate',
  operationId: 'rotateSigningKeys',
  tag,
  summary: 'Publish the next signing key, or let it sign at once',
  access: 'operator',
  ignoresIdempotencyKey: 'not repeatable',
  body: { schema: closedObject({ now: Type.Boolean() }), mediaTypes: ['application/json'] },
  responses: { 200: { description: 'All keys afterwards, the oldest first.', schema: keysSchema } },
  problems: [],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 200,
    body: toKeysResponse(await useCases.signingKeys.rotate(caller, body)),
  }),
});

const retireSigningKey = route({
  method: 'POST',
  path: '/v1/signing-keys/retire',
  operationId: 'retireSigningKey',
  tag,
  summary: 'Delete a signing key, so that its tokens are refused',
  access: 'operator',
  ignoresIdempotencyKey: 'not repeatable',
  body: { schema: closedObject({ kid, force: Type.Boolean() }), mediaTypes: ['application/json'] },
  responses: { 204: { description: 'The key is deleted.' } },
  problems: ['signing_key_not_found', 'signing_key_in_use'],
  handle: async ({ caller, body }, { useCases }) => {
    await useCases.signingKeys.retire(caller, body.kid, body);
    return { status: 204 };
  },
});

const sealedCounts = Type.Object({
  sessions: Type.Integer(),
  mails: Type.Integer(),
  answers: Type.Integer(),
  challenges: Type.Integer(),
  invitations: Type.Integer(),
});

const getPreviousMasterKey = route({
  method: 'GET',
  path: '/v1/previous-master-key',
  operationId: 'getPreviousMasterKey',
  tag,
  summary: 'Count what depends on the previous master key',
  access: 'operator',
  responses: {
    200: {
      description:
        'The counts end at 10,000. `unknown`: no use of the key is recorded, and the counts are those of all rows.',
      schema: Type.Object({
        state: wordOf(['not_configured', 'in_use', 'not_needed', 'unknown']),
        last_used_at: nullableTimeOutput(),
        signing_keys: Type.Integer(),
        webhook_secrets: Type.Integer(),
        ...sealedCounts.properties,
      }),
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const { state, lastUsedAt, signingKeys, webhookSecrets, counts } =
      await useCases.signingKeys.readPreviousMasterKey(caller);
    return {
      status: 200,
      body: {
        ...{ state, last_used_at: lastUsedAt, signing_keys: signingKeys },
        webhook_secrets: webhookSecrets,
        ...counts,
      },
    };
  },
});

const resetSigningKeys = route({
  method: 'POST',
  path: '/v1/signing-keys/reset',
  operationId: 'resetSigningKeys',
  tag,
  summary: 'Replace what a lost master key sealed',
  access: 'operator',
  ignoresIdempotencyKey: 'not repeatable',
  body: {
    schema: closedObject({ confirm: Type.Boolean(), force: Type.Boolean() }),
    mediaTypes: ['application/json'],
  },
  responses: {
    200: {
      description: 'What was replaced, or would be.',
      schema: Type.Object({
        outcome: wordOf(['nothing_lost', 'not_confirmed', 'instances_connected', 'reset']),
        lost_kid: Type.Union([Type.String(), Type.Null()]),
        new_kid: Type.Union([Type.String(), Type.Null()]),
        lost: Type.Union([sealedCounts, Type.Null()]),
        other_connections: Type.Array(
          Type.Object({ pid: Type.Integer(), application: Type.String() }),
        ),
      }),
    },
  },
  problems: [],
  handle: async ({ caller, body }, { useCases }) => {
    const { outcome, lostKid, newKid, lost, otherConnections } = await useCases.signingKeys.reset(
      caller,
      body,
    );
    return {
      status: 200,
      body: {
        outcome,
        lost_kid: lostKid,
        new_kid: newKid,
        lost,
        other_connections: [...otherConnections],
      },
    };
  },
});

/** On the control socket only. */
export const signingKeyRoutes: readonly Route[] = [
  listSigningKeys,
  rotateSigningKeys,
  retireSigningKey,
  getPreviousMasterKey,
  resetSigningKeys,
];
