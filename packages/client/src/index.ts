import { methodsOf } from './calls/methods.ts';
import type { OperationTable } from './calls/operation.ts';
import type { ClientOptions } from './calls/options.ts';
import { createSend } from './calls/send.ts';
import type { UserService } from './generated/operations.ts';
import { OAUTH_CODES, OPERATIONS, PROBLEM_CODES } from './generated/table.ts';

export type * from './calls/options.ts';
export type * from './calls/pages.ts';
export type * from './calls/problems.ts';
export type * from './generated/operations.ts';
export type * from './generated/problems.ts';
export type * from './generated/schemas.ts';
export { type CallInfo, ProblemError, type Reply, type Result, unwrap } from './result.ts';

/**
 * Creates a client of a user service. It holds no connection and no timer, so there is nothing to close.
 *
 * Calls do not throw: they return `{ ok: true, data }` or `{ ok: false, problem }`, and `problem.code` says what went
 * wrong. Only wrong arguments and loops over lists throw.
 *
 * @throws TypeError for a URL that is not the base URL of a service
 */
export function userService(options: ClientOptions): UserService {
  return createCalls<UserService>(OPERATIONS, options);
}

/**
 * Creates the methods of another table of operations, with the same retries and problems. For programs of the service
 * itself, whose operator has more operations than the public document.
 *
 * @typeParam T - the generated types of the table
 * @throws TypeError for a URL that is not the base URL of a service
 */
export function createCalls<T>(table: OperationTable, options: ClientOptions): T {
  return methodsOf(table, PROBLEM_CODES, OAUTH_CODES, createSend(options)) as T;
}
