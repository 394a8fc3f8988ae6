/** What each group of operations is for. */
export const TAGS: Readonly<Record<string, string>> = {
  Users:
    'Accounts and profiles: registration, changes, lists, and public profiles for other services.',
  Invitations: 'Registration by invitation: an administrator invites, and a mail has the link.',
  Events: 'What happened to users and sessions, for services that keep their own copy.',
  Webhooks: 'Endpoints that get events as signed requests, the log of deliveries, and what failed.',
  Sessions: 'Sign-in, refresh and sign-out. A session ends when it is not refreshed in time.',
  'Verification and recovery':
    'Proofs of an address by mail: verification, password resets, and changes of address.',
  Tokens:
    'For services that verify access tokens: public keys, and whether a session is still live.',
  OAuth:
    'For gateways and libraries that speak OAuth 2.0: metadata, token endpoint, and revocation.',
  Operations: 'Health for load balancers and people, and metrics for Prometheus.',
  Documentation: 'This document, and a page to read it.',
};
