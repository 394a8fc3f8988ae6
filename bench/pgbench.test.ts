import { describe, expect, test } from 'vitest';
import { statementOf } from './pgbench.ts';
import { endSessionScript, refreshScript } from './rows/session-scripts.ts';
import { signInScript } from './rows/sign-in-script.ts';

describe('statementOf', () => {
  test('puts the values in place of the parameters and leaves casts alone', () => {
    expect(statementOf('users.listPublicProfiles', { ids: 'array[:n]' })).toBe(
      'select id, first_name, last_name from users where id = any(array[:n]::uuid[]);',
    );
  });

  test('leaves out comments within a statement', () => {
    const claim = statementOf('relay.claimEvents', {
      ...{ afterKey: 'null', afterPosition: '-1', limit: '512' },
    });
    expect(claim).not.toContain('--');
    expect(claim).toMatch(/^select .* from claim_events\(null::uuid, -1::bigint, 512::integer\);$/);
  });

  test('names what is missing', () => {
    expect(() => statementOf('users.noSuch', {})).toThrow('users.sql has no statement noSuch');
    expect(() => statementOf('users.deleteUser', {})).toThrow(
      'users.deleteUser: the parameter id has no value',
    );
  });
});

test('the scripts find their statements and all parameters', () => {
  expect(refreshScript().join('\n')).toContain('for no key update of sessions');
  expect(signInScript().join('\n')).toMatch(
    /claim_attempt.*begin;.*insert into sessions.*commit;/s,
  );
  expect(endSessionScript(1_001, 20).join('\n')).toContain('insert into outbox');
});
