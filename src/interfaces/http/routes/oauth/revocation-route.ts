import Type from 'typebox';
import { OAuthError } from '../../../api/oauth-errors.ts';
import { type Route, route } from '../../route.ts';
import { authenticateClient } from './authenticate-client.ts';
import { readClientCredentials } from './client-credentials.ts';

const optionalText = (description: string) => Type.Optional(Type.String({ description }));

// Open: a server ignores parameters that it does not know (RFC 6749 §3.2).
export const revocationBody = Type.Object({
  token: Type.String({ description: 'An access token or a refresh token.' }),
  token_type_hint: optionalText('Ignored: the service tells its tokens apart.'),
  client_id: optionalText('`tokens.client_id`, if sent.'),
  client_secret: optionalText('Only of a service account.'),
});

/** Not the form of a token: services revoke their key as the operator does. */
const SERVICE_KEY_PREFIX = 'usk_';

export const revokeToken: Route = route({
  method: 'POST',
  path: '/v1/oauth/revoke',
  operationId: 'revokeToken',
  tag: 'OAuth',
  summary: 'Revoke a token of a user (RFC 7009)',
  description:
    'Ends the session of the token, with all its tokens. An unknown, expired or revoked token has the same response. The token itself is the proof: users’ clients have no secret.',
  access: 'public',
  errors: 'oauth',
  ignoresIdempotencyKey: 'repeatable',
  body: { schema: revocationBody, mediaTypes: ['application/x-www-form-urlencoded'] },
  responses: { 200: { description: 'The token is no longer valid.' } },
  problems: [],
  handle: async ({ caller, body, header }, { useCases, settings }) => {
    const credentials = readClientCredentials(header('authorization'), body);
    const client = await authenticateClient(credentials, { useCases, settings });
    if (client !== null) {
      throw new OAuthError(
        'unauthorized_client',
        'The tokens of users are not those of a service.',
      );
    }
    const outcome = body.token.startsWith(SERVICE_KEY_PREFIX)
      ? 'unsupported'
      : await useCases.oauth.revoke(caller, body.token);
    if (outcome === 'unsupported') {
      throw new OAuthError(
        'unsupported_token_type',
        'A service key is revoked by the operator. A token of a service ends by itself.',
      );
    }
    return { status: 200, headers: { pragma: 'no-cache' } };
  },
});
