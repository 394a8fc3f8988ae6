import type { Access } from '../../api/access.ts';
import type { Route } from '../route.ts';

export function describeAccess(access: Access): string {
  if (access === 'public') return 'Needs no credentials and ignores them.';
  if (access === 'public_or_service') {
    return 'Needs no credentials. A service key is checked when one is sent; other credentials are ignored.';
  }
  if (access === 'public_or_user') {
    return 'Needs no credentials. The access token of a user names the caller; others are ignored.';
  }
  if (access === 'user') return 'Needs the access token of a user.';
  if (access === 'self') return 'Needs the access token of the user in the path.';
  if (access === 'operator') return 'For the operator, on the control socket.';
  const { kind, scope } = scopeOf(access);
  const service = `a service key with the scope \`${scope}\``;
  if (kind === 'self_or') return `Needs the access token of the user in the path, or ${service}.`;
  return kind === 'user_or'
    ? `Needs the access token of any user, or ${service}.`
    : `Needs ${service}.`;
}

/** Empty for a route that any valid token may call. */
export function describeFreshness({ freshness }: Pick<Route, 'freshness'>): string {
  if (freshness === undefined) return '';
  const fresh =
    'A user must have authenticated within `step_up.max_age` (5 minutes by default; RFC 9470)';
  return freshness === 'required' ? `${fresh}.` : `${fresh}, or send \`current_password\`.`;
}

/**
 * OpenAPI security requirements, which are alternatives; an empty list means none. The scope of a service key stands
 * beside them: many tools know scopes only of OAuth 2.0.
 */
export function securityOf(access: Access): {
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-required-scope'?: string;
} {
  if (access === 'public' || access === 'operator') return { security: [] };
  if (access === 'public_or_service') return { security: [{}, { serviceKey: [] }] };
  // The empty requirement makes the others optional.
  if (access === 'public_or_user') return { security: [{}, { accessToken: [] }] };
  if (access === 'user' || access === 'self') return { security: [{ accessToken: [] }] };
  const { kind, scope } = scopeOf(access);
  const service = { serviceKey: [] };
  return {
    security: kind === 'scope' ? [service] : [{ accessToken: [] }, service],
    'x-required-scope': scope,
  };
}

function scopeOf(access: string): { readonly kind: string; readonly scope: string } {
  const colon = access.indexOf(':');
  return { kind: access.slice(0, colon), scope: access.slice(colon + 1) };
}
