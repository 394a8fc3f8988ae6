import { SEARCHED } from '../../test/support/search-population.ts';
import { statementOf } from '../pgbench.ts';

/** A user of the population, drawn for each sample. */
export interface Drawn {
  readonly id: string;
  readonly email: string;
  /** Number of the sample. */
  readonly sample: number;
}

/** What the samples of a size need. */
export interface Sized {
  /** A user after which 5 % of the users are left. */
  readonly lateId: string;
  /** A snapshot that was taken before the newest revocations. */
  readonly snapshot: string;
}

/** A path whose time should not depend on the number of users. */
export type Path = {
  /** For `--only`. */
  readonly id: string;
  readonly title: string;
} & (
  | {
      readonly kind: 'http';
      /** Path and query of a GET with a service key. */
      request(drawn: Drawn, sized: Sized): string;
    }
  | {
      readonly kind: 'sql';
      /** Run in one transaction. */
      statements(drawn: Drawn, sized: Sized): readonly string[];
    }
);

/** From one letter to a text that nobody has; a tenth of the users have the most frequent names and domains. */
const TEXTS = [
  ...['a', 'ø', '王', 'li', 'xq', 'ann', 'мария', 'example.com'],
  ...[SEARCHED.rareName, SEARCHED.lateDomain, 'xyzzy', 'annanna', 'hui.o+travel7@'],
];

/** From the start of the queue. */
const CLAIM = {
  afterKey: `'00000000-0000-0000-0000-000000000000'`,
  ...{ afterPosition: '-1', limit: '512' },
};

const NOW = '2026-01-01T00:00:00.000Z';

export const PATHS: readonly Path[] = [
  {
    ...{ id: 'read', kind: 'http', title: 'GET /v1/users/{id}' },
    request: ({ id }) => `/v1/users/${id}`,
  },
  {
    ...{ id: 'email', kind: 'http', title: 'GET /v1/users?email=' },
    request: ({ email }) => `/v1/users?email=${encodeURIComponent(email)}`,
  },
  {
    ...{ id: 'first-page', kind: 'http', title: 'first page of 50 users' },
    request: () => '/v1/users?limit=50',
  },
  {
    ...{ id: 'late-page', kind: 'sql', title: 'page of 50 users at 95 %, SQL' },
    statements: (_, { lateId }) => [
      statementOf('users.listUsers', { afterId: `'${lateId}'::uuid`, limit: '51' }),
    ],
  },
  {
    ...{ id: 'sign-in', kind: 'sql', title: 'look-up of a sign-in, SQL' },
    statements: ({ email }) => [statementOf('users.findCredentials', { email: literal(email) })],
  },
  {
    ...{ id: 'register', kind: 'sql', title: 'statements of a registration with commit, SQL' },
    statements: ({ sample }) => registration(sample),
  },
  ...TEXTS.map(
    (text): Path => ({
      ...{ id: 'search', kind: 'http', title: `search for \`${text}\`` },
      request: () => `/v1/users?q=${encodeURIComponent(text)}&limit=50`,
    }),
  ),
  {
    ...{ id: 'claim', kind: 'sql', title: 'claim of 512 events, SQL' },
    statements: () => [statementOf('relay.claimEvents', CLAIM)],
  },
  {
    ...{ id: 'revocations', kind: 'sql', title: 'poll of the revocations, SQL' },
    statements: (_, { snapshot }) => [
      statementOf('sessions.listRevokedSessions', {
        previous: literal(snapshot),
        limit: '10000',
      }),
    ],
  },
];

function registration(sample: number): readonly string[] {
  const id = `01fa0000-0000-7000-8000-${sample.toString(16).padStart(12, '0')}`;
  const event = {
    ...{ id, user_id: id, user_version: 1, type: 'user.created' },
    ...{ data: {}, request_id: 'bench', occurred_at: NOW },
  };
  return [
    statementOf('users.insertUser', {
      ...{ id: literal(id), firstName: `'Ada'`, lastName: `'Okafor'` },
      email: literal(`scale-${sample}@example.com`),
      ...{
        phone: 'null',
        locale: 'null',
        password: `'no hash'`,
        passwordForm: '1',
        emailVerified: 'false',
      },
      ...{ status: `'active'`, version: '1', createdAt: literal(NOW), updatedAt: literal(NOW) },
    }),
    statementOf('outbox.insertEvents', { events: literal(JSON.stringify([event])) }),
  ];
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
