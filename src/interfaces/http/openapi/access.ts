import type { Access } from '../../api/access.ts';

export function describeAccess(access: Access): string {
  if (access === 'public') return 'Needs no credentials and ignores them.';
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

/** OpenAPI security requirements: alternatives. An empty list means none. */
export function securityOf(access: Access): Record<string, readonly string[]>[] {
  if (access === 'public' || access === 'operator') return [];
  if (access === 'user' || access === 'self') return [{ accessToken: [] }];
  const { kind, scope } = scopeOf(access);
  const service = { serviceKey: [scope] };
  return kind === 'scope' ? [service] : [{ accessToken: [] }, service];
}

function scopeOf(access: string): { readonly kind: string; readonly scope: string } {
  const colon = access.indexOf(':');
  return { kind: access.slice(0, colon), scope: access.slice(colon + 1) };
}
