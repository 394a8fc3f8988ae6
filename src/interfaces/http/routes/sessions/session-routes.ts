import { type ResponseSpec, type Route, route } from '../../route.ts';
import { userParams } from '../users/schemas.ts';
import {
  grantSchema,
  refreshBody,
  sessionListSchema,
  sessionParams,
  signInBody,
  toSessionsResponse,
  toTokensResponse,
  userSessionParams,
} from './schemas.ts';

const tag = 'Sessions';
const ended: ResponseSpec = { description: 'Ended: its tokens are refused from now on.' };

const signIn = route({
  method: 'POST',
  path: '/v1/sessions',
  operationId: 'signIn',
  tag,
  summary: 'Sign in',
  description:
    'An unknown address, a wrong password and a disabled account give the same answer in the same time.',
  access: 'public',
  body: { schema: signInBody, mediaTypes: ['application/json'] },
  responses: { 201: { description: 'The new session and its tokens.', schema: grantSchema } },
  problems: ['invalid_credentials', 'overloaded'],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 201,
    body: toTokensResponse(await useCases.sessions.signIn(caller, body)),
  }),
});

const refreshSession = route({
  method: 'POST',
  path: '/v1/sessions/refresh',
  operationId: 'refreshSession',
  tag,
  summary: 'Exchange a refresh token for new tokens',
  description:
    'Each refresh token is good once. For a short grace its immediate predecessor gets the same successor again; any other reuse ends the session.',
  access: 'public',
  body: { schema: refreshBody, mediaTypes: ['application/json'] },
  responses: { 200: { description: 'The new tokens.', schema: grantSchema } },
  problems: ['invalid_grant'],
  handle: async ({ caller, body }, { useCases }) => ({
    status: 200,
    body: toTokensResponse(await useCases.sessions.refresh(caller, body.refresh_token)),
  }),
});

const listSessions = route({
  method: 'GET',
  path: '/v1/sessions',
  operationId: 'listSessions',
  tag,
  summary: 'List the own sessions',
  access: 'user',
  responses: { 200: { description: 'The live sessions.', schema: sessionListSchema } },
  problems: [],
  handle: async ({ caller }, { useCases }) => ({
    status: 200,
    body: toSessionsResponse(await useCases.sessions.listOwn(caller)),
  }),
});

const endAllSessions = route({
  method: 'DELETE',
  path: '/v1/sessions',
  operationId: 'endAllSessions',
  tag,
  summary: 'Sign out everywhere',
  access: 'user',
  responses: { 204: ended },
  problems: ['user_not_found'],
  handle: async ({ caller }, { useCases }) => {
    await useCases.sessions.endOwn(caller, 'all');
    return { status: 204 };
  },
});

const endCurrentSession = route({
  method: 'DELETE',
  path: '/v1/sessions/current',
  operationId: 'endCurrentSession',
  tag,
  summary: 'Sign out',
  access: 'user',
  responses: { 204: ended },
  problems: ['user_not_found', 'session_not_found'],
  handle: async ({ caller }, { useCases }) => {
    await useCases.sessions.endOwn(caller, 'current');
    return { status: 204 };
  },
});

const endSession = route({
  method: 'DELETE',
  path: '/v1/sessions/{id}',
  operationId: 'endSession',
  tag,
  summary: 'End one of the own sessions',
  access: 'user',
  params: sessionParams,
  responses: { 204: ended },
  problems: ['user_not_found', 'session_not_found'],
  handle: async ({ caller, params }, { useCases }) => {
    await useCases.sessions.endOwn(caller, { only: params.id });
    return { status: 204 };
  },
});

const listUserSessions = route({
  method: 'GET',
  path: '/v1/users/{id}/sessions',
  operationId: 'listUserSessions',
  tag,
  summary: "List a user's sessions",
  access: 'scope:users:admin',
  params: userParams,
  responses: {
    200: { description: 'The live sessions; none for an unknown user.', schema: sessionListSchema },
  },
  problems: [],
  handle: async ({ caller, params }, { useCases }) => ({
    status: 200,
    body: toSessionsResponse(await useCases.sessions.listOfUser(caller, params.id)),
  }),
});

const endUserSessions = route({
  method: 'DELETE',
  path: '/v1/users/{id}/sessions',
  operationId: 'endUserSessions',
  tag,
  summary: "End all of a user's sessions",
  access: 'scope:users:admin',
  params: userParams,
  responses: { 204: ended },
  problems: ['user_not_found'],
  handle: async ({ caller, params }, { useCases }) => {
    await useCases.sessions.endOfUser(caller, params.id, { all: true });
    return { status: 204 };
  },
});

const endUserSession = route({
  method: 'DELETE',
  path: '/v1/users/{id}/sessions/{session_id}',
  operationId: 'endUserSession',
  tag,
  summary: "End one of a user's sessions",
  access: 'scope:users:admin',
  params: userSessionParams,
  responses: { 204: ended },
  problems: ['user_not_found', 'session_not_found'],
  handle: async ({ caller, params }, { useCases }) => {
    await useCases.sessions.endOfUser(caller, params.id, { only: params.session_id });
    return { status: 204 };
  },
});

/** Routes of sessions. */
export const sessionRoutes: readonly Route[] = [
  signIn,
  refreshSession,
  listSessions,
  endAllSessions,
  endCurrentSession,
  endSession,
  listUserSessions,
  endUserSessions,
  endUserSession,
];
