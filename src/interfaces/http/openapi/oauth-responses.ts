import {
  OAUTH_ERRORS,
  type OAuthErrorCode,
  oauthDocument,
  oauthErrorOf,
  oauthErrorSchema,
} from '../../api/oauth-errors.ts';
import type { Route } from '../route.ts';
import { schemaName } from './named-schemas.ts';
import { problemCodesOf } from './problem-responses.ts';

type Json = Record<string, unknown>;

/** Errors by RFC 6749 §5.2, one response a status. */
export function oauthResponses(route: Route, responses: Map<string, Json>): Json {
  const statuses = new Set(problemCodesOf(route).map((code) => oauthErrorOf(code).status));
  const described: Json = {};
  for (const status of [...statuses.add(400).add(401)].sort((a, b) => a - b)) {
    const name = `OAuthError${status}`;
    const errors = oauthErrorsWith(status);
    responses.set(name, {
      description: errors.map((error) => `\`${error}\`: ${OAUTH_ERRORS[error]}`).join('\n\n'),
      headers: {
        'X-Request-Id': { $ref: '#/components/headers/RequestId' },
        ...(status === 401
          ? { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }
          : {}),
        ...(status === 503 ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
      },
      content: {
        'application/json': {
          schema: { $ref: `#/components/schemas/${schemaName(oauthErrorSchema)}` },
          examples: Object.fromEntries(
            errors.map((error) => [error, { $ref: `#/components/examples/${exampleName(error)}` }]),
          ),
        },
      },
    });
    described[status] = { $ref: `#/components/responses/${name}` };
  }
  return described;
}

function oauthErrorsWith(status: number): readonly OAuthErrorCode[] {
  if (status === 401) return ['invalid_client'];
  if (status === 503) return ['temporarily_unavailable'];
  if (status === 500) return ['server_error'];
  if (status !== 400) return ['invalid_request'];
  const elsewhere = ['invalid_client', 'temporarily_unavailable', 'server_error'];
  return (Object.keys(OAUTH_ERRORS) as OAuthErrorCode[]).filter(
    (error) => !elsewhere.includes(error),
  );
}

/** An example of each error, by its name in the document. */
export function oauthExamples(): readonly (readonly [name: string, value: unknown])[] {
  return (Object.keys(OAUTH_ERRORS) as OAuthErrorCode[]).map((error) => [
    exampleName(error),
    oauthDocument(error, OAUTH_ERRORS[error]),
  ]);
}

function exampleName(error: OAuthErrorCode): string {
  return `OAuthError_${error}`;
}
