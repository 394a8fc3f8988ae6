import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GetKeySetProblem, GetUserProblem, User, UserService } from '@user-service/client';
import { expect, expectTypeOf, test } from 'vitest';
import { OPERATIONS } from '../../../packages/client/src/generated/table.ts';
import { compileTypes } from '../../support/compile-types.ts';

test('every operation of the API document has a method', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8');
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => /^(?:get|post|put|patch|delete)$/.test(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const reachable = Object.values(OPERATIONS).flatMap((group) =>
    Object.values(group as Record<string, string>).map((row) => row.split(' ', 2).join(' ')),
  );
  expect(reachable.sort()).toEqual(documented.sort());
});

/** Compiles only while the switch knows every problem of the operation. */
function textOf(problem: GetUserProblem): string {
  switch (problem.code) {
    case 'user_not_found':
      return 'There is no such user.';
    case 'unauthenticated':
    case 'invalid_token':
    case 'forbidden':
      return 'Not allowed.';
    case 'rate_limited':
    case 'unavailable':
      return `Busy for ${problem.retry_after ?? 0} s.`;
    case 'validation_failed':
      return problem.errors.map(({ pointer }) => pointer).join();
    case 'malformed_request':
    case 'headers_too_large':
    case 'uri_too_long':
    case 'expectation_failed':
    case 'request_timeout':
    case 'internal_error':
    case 'network_error':
    case 'token_error':
    case 'deadline_exceeded':
    case 'aborted':
    case 'invalid_response':
    case 'unknown_problem':
      return problem.detail;
    default:
      return exhausted(problem);
  }
}

/** `unavailable` is left out, which the compiler finds. */
function incompleteTextOf(problem: GetKeySetProblem): string {
  switch (problem.code) {
    case 'malformed_request':
    case 'headers_too_large':
    case 'uri_too_long':
    case 'expectation_failed':
    case 'request_timeout':
    case 'internal_error':
    case 'network_error':
    case 'token_error':
    case 'deadline_exceeded':
    case 'aborted':
    case 'invalid_response':
    case 'unknown_problem':
      return problem.detail;
    default:
      // @ts-expect-error a case is missing
      return exhausted(problem);
  }
}

function exhausted(_none: never): never {
  throw new Error('unreachable');
}

/** The compiler checks it; it is never called. */
async function misuse({ users }: UserService): Promise<void> {
  // @ts-expect-error a full replacement needs the version that was read
  await users.replace('id', { first_name: 'A', last_name: 'B', email: 'a@example.com' });
  // @ts-expect-error no such member
  await users.update('id', { nickname: 'Ada' });
  // @ts-expect-error an operation that only reads takes no idempotency key
  await users.get('id', { idempotencyKey: 'k' });
  const reply = await users.get('id');
  // @ts-expect-error the result has to be looked at first
  reply.data.email;
  // @ts-expect-error no problem of this operation
  if (!reply.ok && reply.problem.code === 'email_taken') return;
}

test('what is not right does not compile', async () => {
  expect(await compileTypes(import.meta.filename)).toBe('');
  expectTypeOf(misuse).parameter(0).toEqualTypeOf<UserService>();
  expectTypeOf(incompleteTextOf).parameter(0).toEqualTypeOf<GetKeySetProblem>();
});

test('problems and results have the types of their operation', () => {
  expectTypeOf<Awaited<ReturnType<UserService['users']['get']>>>().toExtend<
    { readonly ok: true; readonly data: User } | { readonly ok: false }
  >();
  expect(textOf({ code: 'aborted', status: 0, detail: 'Aborted.', request_id: '' })).toBe(
    'Aborted.',
  );
});
