import { userNotFound } from '../../domain/rejections.ts';
import { JsonText } from '../api/response-json.ts';
import { closedObject, uuidInput } from '../api/schemas/common.ts';
import { reportSchema, toHealthResponse } from '../api/schemas/health.ts';
import {
  lowerCased,
  PUBLIC_PROFILES_LIMIT_BYTES,
  publicProfilesBody,
  publicProfilesSchema,
  toPublicProfilesText,
} from '../api/schemas/public-profiles.ts';
import {
  toUserBatchResponse,
  USER_BATCH_LIMIT_BYTES,
  userBatchBody,
  userBatchSchema,
} from '../api/schemas/user-batches.ts';
import { email, toUserResponse, userSchema } from '../api/schemas/users.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { introspectToken } from './token-endpoints.ts';
import { writingEndpoints } from './writing-endpoints.ts';

/** Name of the NATS service and of its queue group. */
export const SERVICE_NAME = 'user-service';
export const SUBJECT_PREFIX = 'users.v1';
/** The user of the examples in the documentation. */
const EXAMPLE_USER_ID = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';

export function subjectOf({ name, prefix }: Pick<Endpoint, 'name' | 'prefix'>): string {
  return `${prefix ?? SUBJECT_PREFIX}.${name}`;
}

const getUser = endpoint({
  name: 'get',
  summary: 'Get a user',
  access: 'self_or:users:read',
  body: closedObject({ id: uuidInput('Id of the user.') }),
  example: { id: EXAMPLE_USER_ID },
  response: userSchema,
  problems: ['user_not_found'],
  handle: async ({ caller, body }, { users }) =>
    new JsonText((await users.get(caller, body.id.toLowerCase())).json),
});

const getUserByEmail = endpoint({
  name: 'get-by-email',
  summary: 'Get a user by e-mail address',
  access: 'scope:users:read',
  body: closedObject({ email }),
  example: { email: 'ada@example.com' },
  response: userSchema,
  problems: ['user_not_found'],
  handle: async ({ caller, body }, { users }) => {
    const [user] = (await users.list(caller, { kind: 'email', email: body.email })).users;
    if (user === undefined) throw userNotFound();
    return toUserResponse(user);
  },
});

const getPublicProfiles = endpoint({
  name: 'public-profiles',
  summary: 'Get public profiles',
  access: 'user_or:users:read',
  body: publicProfilesBody,
  example: { ids: [EXAMPLE_USER_ID, '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60'] },
  limitBytes: PUBLIC_PROFILES_LIMIT_BYTES,
  response: publicProfilesSchema,
  problems: [],
  handle: async ({ caller, body }, { users }) =>
    toPublicProfilesText(await users.getPublicProfiles(caller, lowerCased(body.ids))),
});

const getUsers = endpoint({
  name: 'get-many',
  summary: 'Get users by id',
  access: 'scope:users:read',
  body: userBatchBody,
  example: { ids: [EXAMPLE_USER_ID, '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60'] },
  limitBytes: USER_BATCH_LIMIT_BYTES,
  response: userBatchSchema,
  problems: [],
  handle: async ({ caller, body }, { users }) =>
    toUserBatchResponse(await users.getMany(caller, lowerCased(body.ids))),
});

const getHealth = endpoint({
  name: 'health',
  summary: 'Get the health of one instance and of its dependencies',
  access: 'public',
  body: closedObject({}),
  example: {},
  bodyOptional: true,
  response: reportSchema,
  problems: [],
  handle: async (_request, { checkHealth }) => toHealthResponse(await checkHealth()),
});

export const endpoints: readonly Endpoint[] = [
  getUser,
  getUserByEmail,
  getPublicProfiles,
  getUsers,
  ...writingEndpoints,
  introspectToken,
  getHealth,
];
