import type { Static } from 'typebox';
import { invalidGrant } from '../../../../domain/rejections.ts';
import { operatorHeader, readActNote, reasonHeader } from '../../../api/act-note.ts';
import { InvalidRequest } from '../../../api/problems.ts';
import { type ResponseSpec, type Route, type RouteResponse, route } from '../../route.ts';
import type { SessionCookie } from '../../session-cookie.ts';
import { userParams } from '../users/schemas.ts';
import { revokeAllRoute } from './revoke-all-route.ts';
import {
  issuedTokensSchema,
  reauthenticationBody,
  refreshBody,
  sessionListSchema,
  sessionParams,
  signedInSchema,
  signInBody,
  tokensResponse,
  toSessionsResponse,
  toSignedInResponse,
  toTokensResponse,
  userSessionParams,
} from './schemas.ts';

const tag = 'Sessions';
const ended: ResponseSpec = {
  description: 'The session is ended. Its tokens are no longer valid.',
};

const signIn = route({
  method: 'POST',
  path: '/v1/sessions',
  operationId: 'signIn',
  tag,
  summary: 'Sign in',
  description:
    'Creates a session. An unknown address, a wrong password and a disabled account get the same response after the same work. After some wrong passwords in a row, further ones need a wait: 429, whether the account exists or not, and whether the password is right or not. The wait does not concern a device with a `device_token`. The right password of an active account gets 403 `password_expired` after an operator has expired it.',
  access: 'public',
  body: { schema: signInBody, mediaTypes: ['application/json'] },
  responses: {
    201: { description: 'The new session and its tokens.', schema: signedInSchema },
  },
  sessionCookie: 'set',
  policies: ['sign_in_client', 'sign_in_pair', 'sign_in_global', 'global'],
  problems: ['invalid_credentials', 'password_expired', 'email_unverified', 'overloaded'],
  handle: async ({ caller, body, sessionCookie }, { useCases }) => {
    const { device_token: deviceToken, ...input } = body;
    const signedIn = await useCases.sessions.signIn(caller, {
      ...input,
      ...(deviceToken === undefined ? {} : { deviceToken }),
    });
    return tokensResponse(201, toSignedInResponse(signedIn), sessionCookie);
  },
});

const refreshSession = route({
  method: 'POST',
  path: '/v1/sessions/refresh',
  operationId: 'refreshSession',
  tag,
  summary: 'Refresh a session',
  ignoresIdempotencyKey: 'repeatable in the grace',
  description:
    'Exchanges a refresh token for new tokens. Each refresh token works once. For a short grace period, a repeated request with the last used token gets the same new refresh token. Any other reuse ends the session. In cookie mode the cookie has the token, unless the body has one.',
  access: 'public',
  body: { schema: refreshBody, mediaTypes: ['application/json'] },
  responses: { 200: { description: 'The new tokens.', schema: issuedTokensSchema } },
  sessionCookie: 'set',
  policies: ['refresh_client', 'global'],
  problems: ['invalid_grant'],
  handle: async ({ caller, body, sessionCookie }, { useCases }) => {
    const token = readRefreshToken(body, sessionCookie);
    const tokens = await useCases.sessions.refresh(caller, token, body);
    return tokensResponse(200, toTokensResponse(tokens), sessionCookie);
  },
});

/** @throws InvalidRequest, DomainError `invalid_grant` */
function readRefreshToken(
  { refresh_token: sent }: Static<typeof refreshBody>,
  cookie: SessionCookie | null,
): string {
  const token = sent ?? cookie?.token;
  if (typeof token === 'string') return token;
  if (cookie !== null) throw invalidGrant();
  throw new InvalidRequest([
    { pointer: '/refresh_token', code: 'required', message: 'Is required.' },
  ]);
}

const reauthenticateSession = route({
  method: 'POST',
  path: '/v1/sessions/current/reauthenticate',
  operationId: 'reauthenticateSession',
  tag,
  summary: 'Authenticate again',
  description:
    'Proves your password again for a sensitive change. Replaces the session: use the new tokens from then on. The old access and refresh tokens no longer work.',
  access: 'user',
  body: { schema: reauthenticationBody, mediaTypes: ['application/json'] },
  responses: {
    200: { description: 'Your new session and its tokens.', schema: issuedTokensSchema },
  },
  sessionCookie: 'set',
  problems: ['user_not_found', 'rate_limited', 'overloaded'],
  handle: async ({ caller, body, sessionCookie }, { useCases }) => {
    const tokens = await useCases.sessions.reauthenticate(caller, body.password);
    return tokensResponse(200, toTokensResponse(tokens), sessionCookie);
  },
});

const listSessions = route({
  method: 'GET',
  path: '/v1/sessions',
  operationId: 'listSessions',
  tag,
  summary: 'List your sessions',
  access: 'user',
  responses: { 200: { description: 'Your active sessions.', schema: sessionListSchema } },
  problems: [],
  handle: async ({ caller }, { useCases }) => ({
    status: 200,
    body: toSessionsResponse(await useCases.sessions.listOwn(caller)),
  }),
});

function signedOut(cookie: SessionCookie | null): RouteResponse {
  return { status: 204, ...(cookie === null ? {} : { headers: cookie.clear() }) };
}

const endAllSessions = route({
  method: 'DELETE',
  path: '/v1/sessions',
  operationId: 'endAllSessions',
  tag,
  summary: 'Sign out everywhere',
  access: 'user',
  responses: { 204: ended },
  sessionCookie: 'set',
  problems: ['user_not_found'],
  handle: async ({ caller, sessionCookie }, { useCases }) => {
    await useCases.sessions.endOwn(caller, 'all');
    return signedOut(sessionCookie);
  },
});

const endCurrentSession = route({
  method: 'DELETE',
  path: '/v1/sessions/current',
  operationId: 'endCurrentSession',
  tag,
  summary: 'Sign out',
  description:
    'In cookie mode, a session cookie is enough: its session ends, whatever the access token says, and the response is the same where it has ended before.',
  access: 'user',
  responses: { 204: ended },
  sessionCookie: 'replaces_access_token',
  problems: ['user_not_found', 'session_not_found'],
  handle: async ({ caller, sessionCookie }, { useCases }) => {
    const token = sessionCookie?.token;
    if (typeof token === 'string') await useCases.oauth.revoke(caller, token);
    else await useCases.sessions.endOwn(caller, 'current');
    return signedOut(sessionCookie);
  },
});

const endSession = route({
  method: 'DELETE',
  path: '/v1/sessions/{id}',
  operationId: 'endSession',
  tag,
  summary: 'End one of your sessions',
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
    200: {
      description: 'The active sessions of the user; empty for an unknown user.',
      schema: sessionListSchema,
    },
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
  headers: [operatorHeader, reasonHeader],
  responses: { 204: ended },
  problems: ['user_not_found'],
  handle: async ({ caller, params, header }, { useCases }) => {
    await useCases.sessions.endOfUser(caller, params.id, { all: true }, readActNote(header));
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
  headers: [operatorHeader, reasonHeader],
  responses: { 204: ended },
  problems: ['user_not_found', 'session_not_found'],
  handle: async ({ caller, params, header }, { useCases }) => {
    const selection = { only: params.session_id };
    await useCases.sessions.endOfUser(caller, params.id, selection, readActNote(header));
    return { status: 204 };
  },
});

export const sessionRoutes: readonly Route[] = [
  signIn,
  refreshSession,
  reauthenticateSession,
  listSessions,
  endAllSessions,
  endCurrentSession,
  endSession,
  listUserSessions,
  endUserSessions,
  endUserSession,
  revokeAllRoute,
];
