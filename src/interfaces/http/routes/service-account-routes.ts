import Type, { type Static } from 'typebox';
import { SERVICE_KEY_CACHE_MS } from '../../../application/access/verify-service-key.ts';
import {
  KEY_OVERLAP_SECONDS,
  KEY_TTL_SECONDS,
} from '../../../application/service-accounts/service-account-use-cases.ts';
import { SCOPES } from '../../../domain/access/scope.ts';
import type {
  ServiceAccount,
  ServiceKey,
} from '../../../domain/service-account/service-account-repository.ts';
import {
  closedObject,
  nullableTimeOutput,
  timeOutput,
  uuidInput,
  uuidOutput,
  wordOf,
} from '../../api/schemas/common.ts';
import { type Route, route } from '../route.ts';

const tag = 'Service accounts';

const accountProperties = {
  id: uuidOutput(),
  name: Type.String(),
  scopes: Type.Array(wordOf(SCOPES)),
  created_at: timeOutput(),
  revoked_at: nullableTimeOutput(),
};
const accountSchema = Type.Object(accountProperties);

const keyProperties = {
  id: uuidOutput(),
  created_at: timeOutput(),
  expires_at: nullableTimeOutput(),
  last_used_at: nullableTimeOutput(),
};
const listedAccountSchema = Type.Object({
  ...accountProperties,
  keys: Type.Array(Type.Object(keyProperties)),
});
const issuedKeySchema = Type.Object({ ...keyProperties, key: Type.String() });

const expiresIn = Type.Optional(
  Type.Integer({
    minimum: KEY_TTL_SECONDS.least,
    maximum: KEY_TTL_SECONDS.most,
    description: 'Seconds until the key ends. Default: it has no end.',
  }),
);
const accountParams = closedObject({ id: uuidInput('Id of the service account.') });

function toKeyResponse(key: ServiceKey) {
  return {
    id: key.id,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    last_used_at: key.lastUsedAt,
  };
}

function toServiceAccountResponse(account: ServiceAccount): Static<typeof accountSchema> {
  return {
    id: account.id,
    name: account.name,
    scopes: [...account.scopes],
    created_at: account.createdAt,
    revoked_at: account.revokedAt,
  };
}

const createServiceAccount = route({
  method: 'POST',
  path: '/v1/service-accounts',
  operationId: 'createServiceAccount',
  tag,
  summary: 'Create a service account',
  access: 'operator',
  body: {
    schema: closedObject({
      name: Type.String(),
      scopes: Type.Array(Type.String()),
      expires_in: expiresIn,
    }),
    mediaTypes: ['application/json'],
  },
  responses: {
    201: {
      description: 'The account and its key. No later response shows the key.',
      schema: Type.Object({
        ...accountProperties,
        key_id: uuidOutput(),
        expires_at: nullableTimeOutput(),
        key: Type.String(),
      }),
    },
  },
  problems: ['service_account_name_taken'],
  handle: async ({ caller, body }, { useCases }) => {
    const { account, issued } = await useCases.serviceAccounts.create(caller, {
      name: body.name,
      scopes: body.scopes,
      expiresInSeconds: body.expires_in,
    });
    const { id: key_id, expiresAt: expires_at, key } = issued;
    return {
      status: 201,
      body: { ...toServiceAccountResponse(account), key_id, expires_at, key },
    };
  },
});

const listServiceAccounts = route({
  method: 'GET',
  path: '/v1/service-accounts',
  operationId: 'listServiceAccounts',
  tag,
  summary: 'List service accounts',
  access: 'operator',
  responses: {
    200: {
      description: 'All accounts, including revoked ones, newest first.',
      schema: Type.Object({ service_accounts: Type.Array(listedAccountSchema) }),
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const accounts = await useCases.serviceAccounts.list(caller);
    return {
      status: 200,
      body: {
        service_accounts: accounts.map((account) => ({
          ...toServiceAccountResponse(account),
          keys: account.keys.map(toKeyResponse),
        })),
      },
    };
  },
});

const rotateServiceKey = route({
  method: 'POST',
  path: '/v1/service-accounts/{id}/key-rotations',
  operationId: 'rotateServiceKey',
  tag,
  summary: 'Issue another key for a service account',
  access: 'operator',
  params: accountParams,
  body: {
    schema: closedObject({
      overlap: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: KEY_OVERLAP_SECONDS.most,
          description: `Seconds for which the former keys still work. Default: ${KEY_OVERLAP_SECONDS.usual}.`,
        }),
      ),
      expires_in: expiresIn,
    }),
    mediaTypes: ['application/json'],
  },
  responses: {
    201: { description: 'The new key. No later response shows it.', schema: issuedKeySchema },
  },
  problems: ['service_account_not_found', 'too_many_service_keys'],
  handle: async ({ caller, params, body }, { useCases }) => {
    const issued = await useCases.serviceAccounts.rotateKey(caller, params.id, {
      overlapSeconds: body.overlap,
      expiresInSeconds: body.expires_in,
    });
    return { status: 201, body: { ...toKeyResponse(issued), key: issued.key } };
  },
});

const setServiceAccountScopes = route({
  method: 'PUT',
  path: '/v1/service-accounts/{id}/scopes',
  operationId: 'setServiceAccountScopes',
  tag,
  summary: 'Replace the scopes of a service account',
  access: 'operator',
  params: accountParams,
  body: {
    schema: closedObject({ scopes: Type.Array(Type.String()) }),
    mediaTypes: ['application/json'],
  },
  responses: {
    200: {
      description: `The account. Other instances use the new scopes within ${SERVICE_KEY_CACHE_MS / 1000} s.`,
      schema: accountSchema,
    },
  },
  problems: ['service_account_not_found'],
  handle: async ({ caller, params, body }, { useCases }) => ({
    status: 200,
    body: toServiceAccountResponse(
      await useCases.serviceAccounts.setScopes(caller, params.id, body.scopes),
    ),
  }),
});

const revokeServiceAccount = route({
  method: 'DELETE',
  path: '/v1/service-accounts/{id}',
  operationId: 'revokeServiceAccount',
  tag,
  summary: 'Revoke a service account',
  access: 'operator',
  params: accountParams,
  responses: {
    204: {
      description: `The account is revoked. Other instances reject its key within ${SERVICE_KEY_CACHE_MS / 1000} s.`,
    },
  },
  problems: ['service_account_not_found'],
  handle: async ({ caller, params }, { useCases }) => {
    await useCases.serviceAccounts.revoke(caller, params.id);
    return { status: 204 };
  },
});

/** On the control socket only. */
export const serviceAccountRoutes: readonly Route[] = [
  createServiceAccount,
  listServiceAccounts,
  rotateServiceKey,
  setServiceAccountScopes,
  revokeServiceAccount,
];
