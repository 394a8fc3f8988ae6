import { WEBHOOK_EXAMPLES } from './webhook-examples.ts';

const ADA = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const GRACE = '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60';
const SESSION = '0198c0df-5c7d-7e9f-a0b1-2c3d4e5f6071';
const CHALLENGE = '0198c0e0-7e8f-70b1-82d3-4f5061728394';
/** The service refuses it, because it is printed here. */
const PASSWORD = 'a long enough passphrase';

const REASON = 'Reported as taken over, ticket 4711';

const user = {
  id: ADA,
  first_name: 'Ada',
  last_name: 'Okafor',
  email: 'ada@example.com',
  phone: '+33142685300',
  locale: 'en-GB',
  email_verified: false,
  status: 'active',
  version: 1,
  created_at: '2026-11-05T09:30:00.000Z',
  updated_at: '2026-11-05T09:30:00.000Z',
};
const invitation = {
  id: '0198c0e0-7e9f-70b1-82d3-4e5f60718293',
  email: 'grace@example.com',
  first_name: 'Grace',
  last_name: null,
  locale: 'en-GB',
  created_at: '2026-11-05T09:30:00.000Z',
  expires_at: '2026-11-12T09:30:00.000Z',
};
const up = { status: 'ok', latency_ms: 0.7, driver: 'nats' };
const database = { status: 'ok', latency_ms: 2.4, driver: 'postgres', clock_offset_ms: 3 };
const cache = { status: 'ok', latency_ms: 0.4, driver: 'redis' };

/**
 * An example for each named schema that is a body. A name with a status is the example of that response only. The tests
 * compare each with its schema.
 */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  Registration: {
    first_name: 'Ada',
    last_name: 'Okafor',
    email: 'ada@example.com',
    phone: '+33142685300',
    locale: 'en-GB',
    password: PASSWORD,
  },
  User: user,
  UserList: { users: [user], next_cursor: null },
  UserBatchRequest: { ids: [ADA, GRACE] },
  UserBatch: { users: [user], missing: [GRACE] },
  CloudEvent: {
    specversion: '1.0',
    id: '0198c0de-3a6b-7d8e-9fa0-1b2c3d4e5f61',
    source: 'urn:user-service:events',
    type: 'user-service.user.created.v1',
    time: '2026-11-05T09:30:00.000Z',
    subject: ADA,
    datacontenttype: 'application/json',
    dataschema: 'urn:user-service:schema:user.created.v1',
    userversion: 1,
    sequence: '1042',
    data: { status: 'active' },
  },
  UserReplacement: {
    first_name: 'Ada',
    last_name: 'Okafor-Lindqvist',
    email: 'ada@example.com',
    phone: null,
  },
  UserPatch: { last_name: 'Okafor-Lindqvist' },
  PasswordChange: { current_password: PASSWORD, new_password: 'correct horse battery staple' },
  Deletion: { current_password: PASSWORD },
  Disabling: { reason: REASON, until: '2026-12-05T09:30:00Z' },
  Enabling: { reason: 'The owner has a new password' },
  PasswordExpiry: { reason: REASON },
  PasswordResetMail: { reason: 'The owner called support' },
  ActList: {
    acts: [
      {
        id: '0198c0e0-6d8e-7fa0-b1c2-3d4e5f607182',
        at: '2026-11-05T11:00:00.000Z',
        action: 'disable',
        user_id: ADA,
        actor: { kind: 'service', id: '0198c0d0-1a2b-7c3d-8e4f-5a6b7c8d9e0f' },
        operator: 'grace',
        reason: REASON,
        request_id: '0198c0e0-6d8e-7fa0-b1c2-3d4e5f607183',
      },
    ],
  },
  ...WEBHOOK_EXAMPLES,
  InvitationRequest: { email: 'grace@example.com', first_name: 'Grace' },
  InvitationLookup: { token: 'uit_…' },
  Invitation: invitation,
  InvitationList: { invitations: [invitation], next_cursor: null },
  SignIn: { email: 'ada@example.com', password: PASSWORD },
  Reauthentication: { password: PASSWORD },
  Refresh: { refresh_token: 'urt_…' },
  IssuedTokens: {
    session_id: SESSION,
    access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…',
    token_type: 'Bearer',
    expires_in: 600,
    refresh_token: 'urt_…',
    refresh_expires_in: 2_592_000,
  },
  SignedIn: {
    session_id: SESSION,
    access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…',
    token_type: 'Bearer',
    expires_in: 600,
    refresh_token: 'urt_…',
    refresh_expires_in: 2_592_000,
    device_token: 'udt_…',
  },
  SignInFailures: {
    failures: [
      {
        factor: 'password',
        known_device: false,
        failures: 7,
        last_at: '2026-11-05T10:02:00.000Z',
        blocked_until: '2026-11-05T10:02:04.000Z',
      },
    ],
  },
  SessionList: {
    sessions: [
      {
        id: SESSION,
        ip: '203.0.113.7',
        user_agent: 'Mozilla/5.0',
        created_at: '2026-11-05T09:31:00.000Z',
        last_used_at: '2026-11-05T10:02:00.000Z',
        expires_at: '2026-12-05T10:02:00.000Z',
        current: true,
      },
    ],
  },
  AddressOfAccount: { email: 'ada@example.com' },
  ChallengeProof: { challenge_id: CHALLENGE, code: '204862' },
  PasswordReset: { challenge_id: CHALLENGE, code: '204862', new_password: PASSWORD },
  EmailChange: { email: 'ada@example.net', current_password: PASSWORD },
  EmailChangeUndo: { token: 'uct_AZjA4H6PcLHC0-T1BhcoOQ…' },
  RequestedChallenge: { challenge_id: CHALLENGE, expires_in: 600 },
  RegistrationRequested: { status: 'verification_sent', challenge_id: CHALLENGE, expires_in: 600 },
  PublicProfilesRequest: { ids: [ADA, GRACE] },
  PublicProfiles: {
    profiles: [{ id: ADA, first_name: 'Ada', last_name: 'Okafor' }],
    missing: [GRACE],
  },
  KeySet: {
    keys: [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        // The public key of RFC 8037, appendix A.
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: 'bh0jpzxhxmhPurOkczocfJ',
        alg: 'EdDSA',
        use: 'sig',
      },
    ],
  },
  TokenRequest: {
    grant_type: 'client_credentials',
    scope: 'users:read',
    client_id: 'billing',
    client_secret: 'usk_…',
  },
  TokenResponse: {
    access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…',
    token_type: 'Bearer',
    expires_in: 600,
    scope: 'users:read',
  },
  RevocationRequest: { token: 'urt_…' },
  AuthorizationServerMetadata: {
    issuer: 'https://users.example.com',
    token_endpoint: 'https://users.example.com/v1/oauth/token',
    jwks_uri: 'https://users.example.com/.well-known/jwks.json',
    revocation_endpoint: 'https://users.example.com/v1/oauth/revoke',
    introspection_endpoint: 'https://users.example.com/v1/tokens/introspect',
    scopes_supported: ['users:read'],
    response_types_supported: [],
    grant_types_supported: ['refresh_token', 'client_credentials'],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: [
      'none',
      'client_secret_basic',
      'client_secret_post',
    ],
    introspection_endpoint_auth_methods_supported: ['Bearer', 'client_secret_basic'],
    service_documentation: 'https://users.example.com/docs',
  },
  IntrospectionRequest: { token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.…' },
  Introspection: {
    active: true,
    client_id: 'user-service',
    token_type: 'Bearer',
    exp: 1_793_957_460,
    iat: 1_793_956_860,
    auth_time: 1_793_956_860,
    sub: ADA,
    aud: 'user-service',
    iss: 'https://users.example.com',
    jti: '0198c0df-6d8e-7fa0-b1c2-3d4e5f607182',
    sid: SESSION,
  },
  Liveness: { status: 'ok' },
  Readiness: { status: 'ready' },
  Readiness503: { status: 'draining' },
  Health: { status: 'ok', checks: { database, cache, messaging: up } },
  Health503: {
    status: 'down',
    checks: {
      database: { status: 'down', latency_ms: 2, driver: 'postgres', reason: 'unreachable' },
      cache,
      messaging: up,
    },
  },
};
