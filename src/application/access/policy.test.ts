import { describe, expect, it } from 'vitest';
import { callerWith } from '../../../test/support/ports.ts';
import type { Scope } from '../../domain/access/scope.ts';
import type { Caller } from './caller.ts';
import {
  requireScope,
  requireSelf,
  requireSelfOrScope,
  requireUser,
  requireUserOrScope,
} from './policy.ts';

const callers = {
  'an anonymous caller': callerWith({ kind: 'anonymous' }),
  'the user': callerWith({ kind: 'user', userId: 'user 1', sessionId: 'session 1' }),
  'another user': callerWith({ kind: 'user', userId: 'user 2', sessionId: 'session 2' }),
  'a service with the scope': callerWith({
    kind: 'service',
    accountId: 'account 1',
    scopes: ['users:write', 'users:read'],
  }),
  'a service with another scope': callerWith({
    kind: 'service',
    accountId: 'account 2',
    scopes: ['users:write', 'users:admin', 'events:read', 'tokens:introspect'],
  }),
  'a service without scopes': callerWith({ kind: 'service', accountId: 'account 3', scopes: [] }),
  'the operator': callerWith({ kind: 'operator' }),
} satisfies Record<string, Caller>;

const scope: Scope = 'users:read';
const policies = {
  requireScope: (caller: Caller) => requireScope(caller, scope),
  requireSelfOrScope: (caller: Caller) => requireSelfOrScope(caller, 'user 1', scope),
  requireUserOrScope: (caller: Caller) => requireUserOrScope(caller, scope),
  requireUser: (caller: Caller) => void requireUser(caller),
  requireSelf: (caller: Caller) => void requireSelf(caller, 'user 1'),
};

type Outcome = 'allowed' | 'unauthenticated' | 'forbidden' | 'user_not_found';
type Expected = Readonly<Record<keyof typeof callers, Outcome>>;

const table: Readonly<Record<keyof typeof policies, Expected>> = {
  requireScope: {
    'an anonymous caller': 'unauthenticated',
    'the user': 'forbidden',
    'another user': 'forbidden',
    'a service with the scope': 'allowed',
    'a service with another scope': 'forbidden',
    'a service without scopes': 'forbidden',
    'the operator': 'allowed',
  },
  requireSelfOrScope: {
    'an anonymous caller': 'unauthenticated',
    'the user': 'allowed',
    'another user': 'user_not_found',
    'a service with the scope': 'allowed',
    'a service with another scope': 'forbidden',
    'a service without scopes': 'forbidden',
    'the operator': 'allowed',
  },
  requireUserOrScope: {
    'an anonymous caller': 'unauthenticated',
    'the user': 'allowed',
    'another user': 'allowed',
    'a service with the scope': 'allowed',
    'a service with another scope': 'forbidden',
    'a service without scopes': 'forbidden',
    'the operator': 'allowed',
  },
  requireUser: {
    'an anonymous caller': 'unauthenticated',
    'the user': 'allowed',
    'another user': 'allowed',
    'a service with the scope': 'forbidden',
    'a service with another scope': 'forbidden',
    'a service without scopes': 'forbidden',
    'the operator': 'forbidden',
  },
  requireSelf: {
    'an anonymous caller': 'unauthenticated',
    'the user': 'allowed',
    'another user': 'user_not_found',
    'a service with the scope': 'forbidden',
    'a service with another scope': 'forbidden',
    'a service without scopes': 'forbidden',
    'the operator': 'forbidden',
  },
};

const cases = Object.entries(table).flatMap(([policy, expected]) =>
  Object.entries(expected).map(
    ([caller, outcome]) =>
      [policy as keyof typeof policies, caller as keyof typeof callers, outcome] as const,
  ),
);

describe('the access policy', () => {
  it.each(cases)('%s: %s is %s', (policy, caller, outcome) => {
    expect(outcomeOf(() => policies[policy](callers[caller]))).toBe(outcome);
  });
});

function outcomeOf(check: () => void): string {
  try {
    check();
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
