import type { ProfileField } from '../../../src/domain/user/profile-fields.ts';

/** Texts that must not appear in a log line, an error response or an event, by the place where they are sent. */
export const CANARY = {
  password: 'canary otter of the password',
  wrongPassword: 'canary otter of the wrong one',
  newPassword: 'canary otter of the new one',
  email: 'canary-mailbox',
  firstName: 'Canaryfirst',
  lastName: 'Canarylast',
  phone: '491701234567',
  locale: 'canarylc',
  bearer: 'canary-bearer-token',
  serviceKey: 'canaryservicekey',
  refreshToken: 'canaryrefreshtoken',
  query: 'canary-query',
  header: 'canary-header',
  userAgent: 'canary-agent',
  malformed: 'canary-malformed',
  wrongType: 'canary-type',
  path: 'canary-path',
  raw: 'canary-raw-bytes',
  /** Names of unknown fields: only error responses show them, as pointers. */
  field: 'canary-field',
} as const;

/** A person whose every value is a canary. */
export const PERSON = {
  first_name: CANARY.firstName,
  last_name: CANARY.lastName,
  email: `${CANARY.email}@example.com`,
  phone: `+${CANARY.phone}`,
  locale: `en-x-${CANARY.locale}`,
  password: CANARY.password,
} satisfies Record<ProfileField | 'password', string>;

/** Characters that break a line for log readers, terminals or JavaScript. */
const BREAKS = '\r\n\u2028\u2029\u0085\u000b';
const FORGED = `{"level":"info","message":"forged ${CANARY.malformed}"}`;

export interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** Requests that are refused with a 4xx status, with a canary in each place where a request may carry text. */
export function refusedRequests(own: Readonly<Record<string, string>>): readonly Sent[] {
  const { email } = PERSON;
  const wrong = CANARY.wrongPassword;
  return [
    { method: 'POST', url: '/v1/sessions', body: { email, password: wrong } },
    { method: 'POST', url: '/v1/sessions', body: { email: `x${email}`, password: wrong } },
    { method: 'POST', url: '/v1/sessions', body: { email: CANARY.email, password: [wrong] } },
    {
      method: 'POST',
      url: '/v1/sessions/refresh',
      body: { refresh_token: `urt_${CANARY.refreshToken}` },
    },
    { url: '/v1/me', headers: bearer(CANARY.bearer) },
    { url: '/v1/me', headers: bearer(`usk_${CANARY.serviceKey}`) },
    { url: '/v1/me', headers: { authorization: `Basic ${CANARY.bearer}` } },
    { url: `/v1/users?email=${email}&q=${CANARY.query}`, headers: own },
    { url: `/v1/users?${CANARY.field}=${CANARY.query}`, headers: own },
    { url: `/v1/users?cursor=${CANARY.query}&limit=${CANARY.query}`, headers: own },
    { url: `/v1/users/${CANARY.path}`, headers: own },
    { method: 'DELETE', url: `/v1/sessions/${CANARY.path}`, headers: own },
    { url: `/${CANARY.path}/%0d%0a${encodeURIComponent(FORGED)}` },
    { method: 'DELETE', url: `/${CANARY.path}%e2%80%a8` },
    { url: `/v1/%zz${CANARY.path}` },
    { method: 'POST', url: '/v1/users', body: `{"password": "${CANARY.malformed}` },
    { method: 'POST', url: '/v1/users', body: `"${CANARY.wrongType}"` },
    { method: 'POST', url: '/v1/users', body: { ...PERSON, [CANARY.field]: CANARY.wrongType } },
    { method: 'POST', url: '/v1/users', body: { ...PERSON, phone: CANARY.wrongType } },
    { method: 'POST', url: '/v1/users', body: { ...PERSON, email: CANARY.wrongType } },
    {
      method: 'POST',
      url: '/v1/users',
      body: { ...PERSON, first_name: `${CANARY.firstName}${BREAKS}${FORGED}` },
    },
    { method: 'POST', url: '/v1/users', body: { ...PERSON, password: 'canary' } },
    {
      method: 'POST',
      url: '/v1/users',
      headers: { 'content-type': `text/${CANARY.header}` },
      body: 'x',
    },
    { url: '/v1/me', headers: { ...own, 'x-request-id': `${CANARY.header} ${FORGED}` } },
    {
      method: 'PATCH',
      url: '/v1/users/00000000-0000-7000-8000-000000000000',
      headers: { ...own, 'if-match': CANARY.header },
      body: {},
    },
    { method: 'OPTIONS', url: `/${CANARY.path}` },
  ];
}
