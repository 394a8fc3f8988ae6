import { expect, test } from 'vitest';
import { readOperation } from '../../packages/client/src/calls/operation.ts';
import { isRepeatable } from '../../packages/client/src/calls/retry.ts';
import { OPERATIONS } from '../../packages/client/src/generated/table.ts';
import { OPERATOR_OPERATIONS } from '../../src/interfaces/cli/generated/operator-operations.ts';
import { acceptsIdempotencyKey, type Route } from '../../src/interfaces/http/route.ts';
import { operatorRoutes, publicRoutes } from '../../src/interfaces/http/route-table.ts';
import { CLIENT_NAMES, OPERATOR_NAMES } from './names.ts';

/**
 * Operations that are no `GET` and take no idempotency key. A new one is added here after a look at
 * what a second request does; see `Repetition`.
 */
const WITHOUT_KEY: Readonly<Record<string, string>> = {
  getUsers: 'r',
  getPublicProfiles: 'r',
  introspectToken: 'r',
  lookUpInvitation: 'r',
  revokeToken: 's',
  refreshSession: 'g',
  requestToken: 'g',
  rotateSigningKeys: '',
  retireSigningKey: '',
  resetSigningKeys: '',
  resyncUsers: '',
  requeueEventDeadLetters: '',
  dropEventDeadLetter: '',
  requeueMailDeadLetters: '',
  dropMailDeadLetter: '',
  requeueWebhookDeadLetters: '',
  dropWebhookDeadLetter: '',
  endConnection: '',
  retryMail: '',
};

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

function rowsOf(routes: readonly Route[], names: Readonly<Record<string, string>>, table: Table) {
  return routes
    .filter(({ undocumented }) => undocumented !== true)
    .map((route) => {
      const [group = '', method = ''] = (names[route.operationId] ?? '').split('.');
      return { route, operation: readOperation(table[group]?.[method] ?? '', [], []) };
    });
}

const rows = [
  ...rowsOf(publicRoutes({ managementSeparate: false, version: '' }), CLIENT_NAMES, OPERATIONS),
  ...rowsOf(operatorRoutes, OPERATOR_NAMES, OPERATOR_OPERATIONS),
];

test('every row is repeatable exactly if its route says so', () => {
  expect(rows.length).toBeGreaterThan(80);
  for (const { route, operation } of rows) {
    const { method, ignoresIdempotencyKey: repetition } = route;
    const isSafe =
      method === 'GET' ||
      acceptsIdempotencyKey(route) ||
      (repetition !== undefined && repetition !== 'not repeatable');
    expect([route.operationId, isRepeatable(operation)]).toEqual([route.operationId, isSafe]);
    expect(operation.flags.includes('k')).toBe(acceptsIdempotencyKey(route));
  }
});

test('every row without an idempotency key was looked at', () => {
  const found = rows.flatMap(({ route: { operationId }, operation: { method, flags } }) => {
    const flag = /[rsg]/.exec(flags)?.[0] ?? '';
    return method === 'GET' || flags.includes('k') ? [] : [[operationId, flag] as const];
  });
  expect(Object.fromEntries(found)).toEqual(WITHOUT_KEY);
});

test('no row has two of the flags about repetitions, and a GET needs none', () => {
  for (const { route, operation } of rows) {
    const flags = operation.flags.match(/[krsg]/g) ?? [];
    expect([route.operationId, flags.length <= (route.method === 'GET' ? 0 : 1)]).toEqual([
      route.operationId,
      true,
    ]);
  }
});
