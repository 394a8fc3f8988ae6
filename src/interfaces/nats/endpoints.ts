import { userNotFound } from '../../application/access/policy.ts';
import { closedObject, uuidInput } from '../api/schemas/common.ts';
import { reportSchema, toHealthResponse } from '../api/schemas/health.ts';
import {
  lowerCased,
  PUBLIC_PROFILES_LIMIT_BYTES,
  publicProfilesBody,
  publicProfilesSchema,
  toPublicProfilesResponse,
} from '../api/schemas/public-profiles.ts';
import { email, toUserResponse, userSchema } from '../api/schemas/users.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

/** Name of the micro service and of its queue group. */
export const SERVICE_NAME = 'user-service';
/** What the subject of every endpoint begins with. */
export const SUBJECT_PREFIX = 'users.v1';

/** The subject that an endpoint answers on. */
export function subjectOf({ name }: Pick<Endpoint, 'name'>): string {
  return `${SUBJECT_PREFIX}.${name}`;
}

const getUser = endpoint({
  name: 'get',
  summary: 'Read a user',
  access: 'self_or:users:read',
  body: closedObject({ id: uuidInput('Id of the user.') }),
  answer: userSchema,
  problems: ['user_not_found'],
  handle: async ({ caller, body }, { users }) =>
    toUserResponse(await users.get(caller, body.id.toLowerCase())),
});

const getUserByEmail = endpoint({
  name: 'get-by-email',
  summary: 'Read the user with an e-mail address',
  access: 'scope:users:read',
  body: closedObject({ email }),
  answer: userSchema,
  problems: ['user_not_found'],
  handle: async ({ caller, body }, { users }) => {
    const [user] = (await users.list(caller, { kind: 'email', email: body.email })).users;
    if (user === undefined) throw userNotFound();
    return toUserResponse(user);
  },
});

const getPublicProfiles = endpoint({
  name: 'public-profiles',
  summary: 'Read what everybody may know of many users',
  access: 'user_or:users:read',
  body: publicProfilesBody,
  limitBytes: PUBLIC_PROFILES_LIMIT_BYTES,
  answer: publicProfilesSchema,
  problems: [],
  handle: async ({ caller, body }, { users }) =>
    toPublicProfilesResponse(await users.getPublicProfiles(caller, lowerCased(body.ids))),
});

const getHealth = endpoint({
  name: 'health',
  summary:
    'How one instance and its dependencies are; an instance that is down says so in its answer',
  access: 'public',
  body: closedObject({}),
  bodyOptional: true,
  answer: reportSchema,
  problems: [],
  handle: async (_request, { checkHealth }) => toHealthResponse(await checkHealth()),
});

/** Everything that the micro service answers. */
export const endpoints: readonly Endpoint[] = [
  getUser,
  getUserByEmail,
  getPublicProfiles,
  getHealth,
];
