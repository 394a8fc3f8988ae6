import Type, { type Static } from 'typebox';
import { SERVICE_KEY_CACHE_MS } from '../../../application/access/verify-service-key.ts';
import { SCOPES } from '../../../domain/access/scope.ts';
import type { ServiceAccount } from '../../../domain/service-account/service-account-repository.ts';
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
    schema: closedObject({ name: Type.String(), scopes: Type.Array(Type.String()) }),
    mediaTypes: ['application/json'],
  },
  responses: {
    201: {
      description: 'The account and its key. No later response shows the key.',
      schema: Type.Object({ ...accountProperties, key: Type.String() }),
    },
  },
  problems: ['service_account_name_taken'],
  handle: async ({ caller, body }, { useCases }) => {
    const { account, key } = await useCases.serviceAccounts.create(caller, body);
    return { status: 201, body: { ...toServiceAccountResponse(account), key } };
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
      schema: Type.Object({ service_accounts: Type.Array(accountSchema) }),
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const accounts = await useCases.serviceAccounts.list(caller);
    return { status: 200, body: { service_accounts: accounts.map(toServiceAccountResponse) } };
  },
});

const revokeServiceAccount = route({
  method: 'DELETE',
  path: '/v1/service-accounts/{id}',
  operationId: 'revokeServiceAccount',
  tag,
  summary: 'Revoke a service account',
  access: 'operator',
  params: closedObject({ id: uuidInput('Id of the service account.') }),
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
  revokeServiceAccount,
];
