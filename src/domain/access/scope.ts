export const SCOPES = [
  'users:read',
  'users:write',
  'users:admin',
  'events:read',
  'webhooks:admin',
  'tokens:introspect',
] as const;

/** A permission of a service account. */
export type Scope = (typeof SCOPES)[number];
