import { isUuid } from '../../../lib/uuid.ts';
import { type CliIo, CommandFailure, EXIT, Interrupted, UsageError } from '../io.ts';
import { failureOf, isRecord, problemOf } from '../problem.ts';
import { PROMPT, type RequestDeps, requestWithRetries } from '../retry.ts';
import type { TableOptions } from '../table.ts';
import { createUserTable, userRow, writeUser } from './user-view.ts';

export interface ReadUsersDeps extends RequestDeps {
  readonly io: CliIo;
}

/**
 * Writes the user with an id or an e-mail address.
 * @returns the exit code; 1 when there is no such user
 * @throws UsageError, CommandFailure
 */
export async function getUser(
  idOrEmail: string,
  options: { readonly json?: boolean },
  deps: ReadUsersDeps,
): Promise<number> {
  writeUser(await findUser(idOrEmail, deps), options.json === true, deps.io);
  return EXIT.done;
}

/** The id that an argument is or, for an e-mail address, that of its user. @throws UsageError, CommandFailure */
export async function readUserId(idOrEmail: string, deps: ReadUsersDeps): Promise<string> {
  if (isUuid(idOrEmail)) return idOrEmail.toLowerCase();
  const user = await findUser(idOrEmail, deps);
  if (!isRecord(user) || typeof user.id !== 'string') {
    throw new CommandFailure('The response is not from a user service.');
  }
  return user.id;
}

async function findUser(idOrEmail: string, deps: ReadUsersDeps): Promise<unknown> {
  let user: unknown;
  if (isUuid(idOrEmail)) {
    user = await read(`/v1/users/${idOrEmail}`, deps);
  } else if (idOrEmail.includes('@')) {
    const page = await read(`/v1/users?${new URLSearchParams({ email: idOrEmail })}`, deps);
    user = page === undefined ? undefined : pageOf(page).users[0];
  } else {
    throw new UsageError('The argument must be the id of a user (a UUID) or an e-mail address.');
  }
  if (user === undefined) {
    throw new CommandFailure('no user matches', { code: 'user_not_found' });
  }
  return user;
}

/** The options of `users list`. */
export interface ListUsersOptions extends TableOptions {
  readonly query?: string;
  /** Largest number of users, over all pages. */
  readonly limit: number;
  /** Lists every user; `limit` is ignored. */
  readonly all?: boolean;
  readonly json?: boolean;
}

/** The largest page of the service. */
const PAGE_LIMIT = 200;

/**
 * Lists users page by page, in the order of the service. Memory holds one page.
 * @throws CommandFailure
 */
export async function listUsers(options: ListUsersOptions, deps: ReadUsersDeps): Promise<number> {
  const { io, signal } = deps;
  const table = createUserTable(io, options);
  let left = options.all === true ? Number.POSITIVE_INFINITY : options.limit;
  let shownCount = 0;
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(Math.min(PAGE_LIMIT, left)) });
    if (options.query !== undefined) query.set('q', options.query);
    if (cursor !== null) query.set('cursor', cursor);
    const page = pageOf(await read(`/v1/users?${query}`, deps));
    if (options.json === true) for (const user of page.users) io.stdout(JSON.stringify(user));
    else if (page.users.length > 0) table.write(page.users.map(userRow));
    shownCount += page.users.length;
    left -= page.users.length;
    if (page.nextCursor !== null && page.nextCursor === cursor) {
      throw new CommandFailure('The service returned the same page twice.');
    }
    cursor = page.nextCursor;
  } while (cursor !== null && left > 0 && !signal.aborted && !io.stdoutClosed());
  if (signal.aborted) throw new Interrupted('Interrupted: the list is not complete.');
  if (options.json !== true && shownCount === 0) io.stderr('no users');
  if (options.json !== true && cursor !== null && !io.stdoutClosed()) {
    io.stderr('There are more users: use --limit N or --all.');
  }
  return EXIT.done;
}

interface Page {
  readonly users: readonly unknown[];
  readonly nextCursor: string | null;
}

function pageOf(body: unknown): Page {
  const { users, next_cursor } = isRecord(body) ? body : {};
  if (!Array.isArray(users)) {
    throw new CommandFailure('The response is not from a user service.');
  }
  return { users, nextCursor: typeof next_cursor === 'string' ? next_cursor : null };
}

/** @returns undefined for a user that does not exist */
async function read(path: string, deps: ReadUsersDeps): Promise<unknown> {
  const { client, signal } = deps;
  const response = await requestWithRetries(
    client,
    { method: 'GET', path, signal },
    { policy: deps.policy ?? PROMPT, signal, repeatUnknown: true },
  );
  if (response.status === 200) return response.body;
  const problem = problemOf(response);
  if (response.status === 404 && problem.code === 'user_not_found') return undefined;
  const hint =
    response.status === 401 || response.status === 403
      ? ' Use a service key with the scope users:read (--key-file FILE).'
      : '';
  throw failureOf(problem, hint);
}
