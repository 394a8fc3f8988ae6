import { operatorHeader, readActNote, readOperator, reasonHeader } from '../api/act-note.ts';
import { ifMatchHeader, readIfMatch } from '../api/preconditions.ts';
import { closedObject, uuidInput } from '../api/schemas/common.ts';
import { disableBody, enableBody } from '../api/schemas/governing.ts';
import {
  patchUserBody,
  registrationBody,
  registrationRequestedSchema,
  toRegistration,
  toRegistrationRequestedResponse,
  toUpdate,
} from '../api/schemas/user-bodies.ts';
import { toUserResponse, userSchema } from '../api/schemas/users.ts';
import { Accepted, type Endpoint, endpoint } from './endpoint.ts';

/** The user of the examples in the documentation. */
const EXAMPLE_USER_ID = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const id = uuidInput('Id of the user.');

const createUser = endpoint({
  name: 'create',
  summary: 'Register a user',
  access: 'public_or_service',
  body: registrationBody,
  example: {
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: 'ada@example.com',
    phone: null,
    password: '\u2026',
  },
  acceptsIdempotencyKey: true,
  status: 201,
  response: userSchema,
  acceptedResponse: registrationRequestedSchema,
  problems: [
    'email_taken',
    'invitation_invalid',
    'overloaded',
    'rate_limited',
    'registration_closed',
  ],
  handle: async ({ caller, body }, { users }) => {
    const registered = await users.register(caller, toRegistration(body));
    return 'requested' in registered
      ? new Accepted(toRegistrationRequestedResponse(registered.requested))
      : toUserResponse(registered.user);
  },
});

const updateUser = endpoint({
  name: 'update',
  summary: 'Change fields of a user',
  access: 'self_or:users:write',
  body: closedObject({ id, ...patchUserBody.properties }),
  example: { id: EXAMPLE_USER_ID, phone: null },
  headers: [ifMatchHeader(false), operatorHeader, reasonHeader],
  acceptsIdempotencyKey: true,
  response: userSchema,
  problems: [
    'user_not_found',
    'email_taken',
    'rate_limited',
    'step_up_required',
    'version_exhausted',
    'version_mismatch',
  ],
  handle: async ({ caller, body, header }, { users }) => {
    const expected = readIfMatch(header('If-Match'));
    const note = readActNote(header);
    return toUserResponse(
      await users.update(caller, body.id.toLowerCase(), toUpdate(body), expected, note),
    );
  },
});

const disableUser = endpoint({
  name: 'disable',
  summary: 'Disable a user',
  access: 'scope:users:admin',
  body: closedObject({ id, ...disableBody.properties }),
  example: { id: EXAMPLE_USER_ID, reason: 'Reported as taken over, ticket 4711' },
  headers: [operatorHeader],
  acceptsIdempotencyKey: true,
  response: userSchema,
  problems: ['user_not_found', 'version_exhausted'],
  handle: async ({ caller, body: { id: userId, ...act }, header }, { users }) => {
    const operator = readOperator(header);
    return toUserResponse(await users.disable(caller, userId.toLowerCase(), { ...act, operator }));
  },
});

const enableUser = endpoint({
  name: 'enable',
  summary: 'Enable a user',
  access: 'scope:users:admin',
  body: closedObject({ id, ...enableBody.properties }),
  example: { id: EXAMPLE_USER_ID, reason: 'The owner has proved the address, ticket 4711' },
  headers: [operatorHeader],
  acceptsIdempotencyKey: true,
  response: userSchema,
  problems: ['user_not_found', 'version_exhausted'],
  handle: async ({ caller, body, header }, { users }) => {
    const note = { reason: body.reason, operator: readOperator(header) };
    return toUserResponse(await users.enable(caller, body.id.toLowerCase(), note));
  },
});

/** Endpoints that change users. */
export const writingEndpoints: readonly Endpoint[] = [
  createUser,
  updateUser,
  disableUser,
  enableUser,
];
