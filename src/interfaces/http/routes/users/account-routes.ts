import { requireUser } from '../../../../application/access/policy.ts';
import { operatorHeader, readActNote, reasonHeader } from '../../../api/act-note.ts';
import type { HeaderSpec } from '../../../api/header-spec.ts';
import {
  etagOf,
  ifMatchHeader,
  matchesNone,
  readIfMatch,
  requireIfMatch,
} from '../../../api/preconditions.ts';
import {
  currentPasswordOf,
  deletionBody,
  passwordChangeBody,
  patchUserBody,
  registrationBody,
  registrationRequestedSchema,
  replaceUserBody,
  toRegistration,
  toRegistrationRequestedResponse,
  toUpdate,
} from '../../../api/schemas/user-bodies.ts';
import { toUserResponse, userSchema } from '../../../api/schemas/users.ts';
import { publicPath } from '../../public-path.ts';
import { type Route, route } from '../../route.ts';
import { issuedTokensSchema, tokensResponse, toTokensResponse } from '../sessions/schemas.ts';
import { userParams, userResponse, userResponseSpec, userTextResponse } from './schemas.ts';

const tag = 'Users';
const ifNoneMatch: HeaderSpec = {
  name: 'If-None-Match',
  required: false,
  description:
    'Entity tags that you have. The response is 304 if one of them is the current version.',
};

const registerUser = route({
  method: 'POST',
  path: '/v1/users',
  operationId: 'registerUser',
  tag,
  summary: 'Register a user',
  description:
    'With `registration.mode: invite`, this needs an invitation; with `closed`, a service key with the scope `users:write` or `users:admin`, which works in every mode. With `registration.existing_email: conceal`, the response is 202 for every address: a mail to the address has a code and a link for a new account, or says that the address is in use. The new account signs in after the address is verified. Invitations and service keys that may change users get 201 also then.',
  access: 'public_or_service',
  body: { schema: registrationBody, mediaTypes: ['application/json'] },
  responses: {
    201: {
      ...userResponseSpec,
      description: 'The new user.',
      headers: { ...userResponseSpec.headers, Location: 'Path of the new user.' },
    },
    202: {
      description:
        'With `registration.existing_email: conceal`: a mail to the address is sent soon. The response is the same for a free and a taken address.',
      schema: registrationRequestedSchema,
    },
  },
  policies: ['registration_client', 'global'],
  problems: ['email_taken', 'invitation_invalid', 'overloaded', 'registration_closed'],
  handle: async ({ caller, body }, { useCases, settings }) => {
    const registered = await useCases.users.register(caller, toRegistration(body));
    if ('requested' in registered) {
      return { status: 202, body: toRegistrationRequestedResponse(registered.requested) };
    }
    const { user } = registered;
    return {
      status: 201,
      body: toUserResponse(user),
      headers: {
        etag: etagOf(user.version),
        location: `${publicPath(settings.publicUrl)}/v1/users/${user.id}`,
      },
    };
  },
});

const getUser = route({
  method: 'GET',
  path: '/v1/users/{id}',
  operationId: 'getUser',
  tag,
  summary: 'Get a user',
  access: 'self_or:users:read',
  params: userParams,
  headers: [ifNoneMatch],
  responses: { 200: userResponseSpec, 304: { description: 'You have the current version.' } },
  problems: ['user_not_found'],
  handle: async ({ caller, params, header }, { useCases }) => {
    const text = await useCases.users.get(caller, params.id);
    return matchesNone(header('if-none-match'), text.version)
      ? { status: 304, headers: { etag: etagOf(text.version) } }
      : userTextResponse(text);
  },
});

const getMe = route({
  method: 'GET',
  path: '/v1/me',
  operationId: 'getMe',
  tag,
  summary: 'Get your own user',
  access: 'user',
  responses: { 200: { ...userResponseSpec, schema: userSchema } },
  problems: ['user_not_found'],
  handle: async ({ caller }, { useCases }) =>
    userTextResponse(await useCases.users.get(caller, requireUser(caller).userId)),
});

const replaceUser = route({
  method: 'PUT',
  path: '/v1/users/{id}',
  operationId: 'replaceUser',
  tag,
  summary: 'Replace the profile of a user',
  access: 'self_or:users:write',
  freshness: 'or_current_password',
  params: userParams,
  headers: [ifMatchHeader(true), operatorHeader, reasonHeader],
  body: { schema: replaceUserBody, mediaTypes: ['application/json'] },
  responses: { 200: { ...userResponseSpec, description: 'The user after the change.' } },
  policies: ['registration_client', 'global'],
  problems: [
    'user_not_found',
    'email_taken',
    'version_exhausted',
    'version_mismatch',
    'version_required',
    'overloaded',
  ],
  handle: async ({ caller, params, body, header }, { useCases }) =>
    userResponse(
      await useCases.users.update(
        caller,
        params.id,
        toUpdate(body),
        requireIfMatch(header('if-match')),
        readActNote(header),
      ),
    ),
});

const patchUser = route({
  method: 'PATCH',
  path: '/v1/users/{id}',
  operationId: 'patchUser',
  tag,
  summary: 'Change fields of a user',
  description:
    'A JSON Merge Patch (RFC 7396): omitted fields stay unchanged, `null` removes the phone or the locale.',
  access: 'self_or:users:write',
  freshness: 'or_current_password',
  params: userParams,
  headers: [ifMatchHeader(false), operatorHeader, reasonHeader],
  body: {
    schema: patchUserBody,
    mediaTypes: ['application/merge-patch+json', 'application/json'],
  },
  responses: { 200: { ...userResponseSpec, description: 'The user after the change.' } },
  policies: ['registration_client', 'global'],
  problems: [
    'user_not_found',
    'email_taken',
    'version_exhausted',
    'version_mismatch',
    'overloaded',
  ],
  handle: async ({ caller, params, body, header }, { useCases }) =>
    userResponse(
      await useCases.users.update(
        caller,
        params.id,
        toUpdate(body),
        readIfMatch(header('if-match')),
        readActNote(header),
      ),
    ),
});

const changePassword = route({
  method: 'PUT',
  path: '/v1/users/{id}/password',
  operationId: 'changePassword',
  tag,
  summary: 'Change your password',
  description:
    'Ends all your sessions, this one included, and starts a new one for you. Use its tokens from then on: the old access and refresh tokens no longer work.',
  access: 'self',
  freshness: 'or_current_password',
  params: userParams,
  body: { schema: passwordChangeBody, mediaTypes: ['application/json'] },
  responses: {
    200: { description: 'Your new session and its tokens.', schema: issuedTokensSchema },
  },
  sessionCookie: 'set',
  problems: ['user_not_found', 'version_exhausted', 'rate_limited', 'overloaded'],
  handle: async ({ caller, params, body, sessionCookie }, { useCases }) => {
    const tokens = await useCases.users.changePassword(caller, params.id, {
      ...currentPasswordOf(body),
      newPassword: body.new_password,
    });
    return tokensResponse(200, toTokensResponse(tokens), sessionCookie);
  },
});

const deleteOwnUser = route({
  method: 'POST',
  path: '/v1/users/{id}/deletion',
  operationId: 'deleteOwnUser',
  tag,
  summary: 'Delete your account',
  access: 'self',
  freshness: 'or_current_password',
  params: userParams,
  body: { schema: deletionBody, mediaTypes: ['application/json'] },
  responses: { 204: { description: 'The account and its sessions are deleted.' } },
  problems: ['user_not_found', 'version_exhausted', 'rate_limited', 'overloaded'],
  handle: async ({ caller, params, body }, { useCases }) => {
    await useCases.users.deleteOwn(caller, params.id, body.current_password);
    return { status: 204 };
  },
});

const deleteUser = route({
  method: 'DELETE',
  path: '/v1/users/{id}',
  operationId: 'deleteUser',
  tag,
  summary: 'Delete any account',
  access: 'scope:users:admin',
  params: userParams,
  headers: [ifMatchHeader(false), operatorHeader, reasonHeader],
  responses: { 204: { description: 'The account and its sessions are deleted.' } },
  problems: ['user_not_found', 'version_exhausted', 'version_mismatch'],
  handle: async ({ caller, params, header }, { useCases }) => {
    const expected = readIfMatch(header('if-match'));
    await useCases.users.deleteAny(caller, params.id, expected, readActNote(header));
    return { status: 204 };
  },
});

export const accountRoutes: readonly Route[] = [
  registerUser,
  getMe,
  getUser,
  replaceUser,
  patchUser,
  deleteUser,
  changePassword,
  deleteOwnUser,
];
