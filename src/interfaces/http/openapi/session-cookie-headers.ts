import type { HeaderSpec } from '../../api/header-spec.ts';
import type { Route } from '../route.ts';
import { sessionModeHeader } from '../session-cookie.ts';

/** The headers that a route reads, with the one that asks for cookie mode. */
export function requestHeadersOf({ headers = [], sessionCookie }: Route): readonly HeaderSpec[] {
  return sessionCookie === undefined ? headers : [...headers, sessionModeHeader];
}

export function setCookieHeaderOf({ sessionCookie }: Route): Readonly<Record<string, object>> {
  if (sessionCookie === undefined) return {};
  const description = 'The session cookie, in cookie mode. Scripts cannot read it.';
  return { 'Set-Cookie': { description, schema: { type: 'string' } } };
}
