import type { Access } from '../../api/access.ts';

/** Who may call, in words. */
export function describeAccess(access: Access): string {
  if (access === 'public') return 'For anybody; credentials are ignored.';
  if (access === 'user') return 'For signed-in users, about themselves.';
  if (access === 'self') return 'For the user that the path names.';
  if (access === 'operator') return 'For the operator, over the control socket.';
  const { kind, scope } = scopeOf(access);
  const service = `a service with the scope \`${scope}\``;
  if (kind === 'self_or') return `For the user that the path names, or ${service}.`;
  return kind === 'user_or' ? `For any signed-in user, or ${service}.` : `For ${service}.`;
}

/** OpenAPI security requirements: any one of the list suffices, an empty list asks for nothing. */
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
