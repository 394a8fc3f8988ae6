/** What a service may do. */
export const SCOPES = [
  'users:read',
  'users:write',
  'users:admin',
  'events:read',
  'tokens:introspect',
] as const;

/** One right of a service account. */
export type Scope = (typeof SCOPES)[number];
