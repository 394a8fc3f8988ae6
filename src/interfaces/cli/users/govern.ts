import { CommandFailure, EXIT, UsageError } from '../io.ts';
import { isRecord } from '../problem.ts';
import { type OperatorRequest, requestBody } from '../retry.ts';
import { createTableWriter, type TableOptions } from '../table.ts';
import { PROFILE_VIEWS, type ProfileFlags } from './profile-views.ts';
import { type ReadUsersDeps, readUserId } from './read-users.ts';
import { writeUser } from './user-view.ts';

/** What is recorded with an act. */
export interface NoteOptions {
  readonly operator?: string;
  readonly reason?: string;
}

interface OutputOptions extends NoteOptions {
  readonly json?: boolean;
}

/** Changes the state of an account. @throws CommandFailure */
export async function governUser(
  verb: 'disable' | 'enable' | 'expire-password',
  idOrEmail: string,
  options: OutputOptions & { readonly until?: string },
  deps: ReadUsersDeps,
): Promise<number> {
  const { reason, until } = options;
  const path = `${await pathOf(idOrEmail, deps)}/${verb}`;
  const body = { reason, ...(until === undefined ? {} : { until }) };
  const request = { method: 'POST', path, body, headers: operatorHeaders(options) } as const;
  writeUser(await send(request, 200, deps), options.json === true, deps.io);
  return EXIT.done;
}

/** The new values of `users update`; `phone` is false for `--no-phone`. */
export type ProfileChanges = Omit<ProfileFlags, 'phone'> & { readonly phone?: string | false };

/** @throws UsageError without a change, CommandFailure */
export async function updateUser(
  idOrEmail: string,
  changes: ProfileChanges,
  options: OutputOptions,
  deps: ReadUsersDeps,
): Promise<number> {
  const body = Object.fromEntries(
    PROFILE_VIEWS.flatMap(([property, { name }]) => {
      const value = changes[property];
      return value === undefined ? [] : [[name, value === false ? null : value]];
    }),
  );
  if (Object.keys(body).length === 0) {
    throw new UsageError('Give at least one new value, such as --last-name.');
  }
  const path = await pathOf(idOrEmail, deps);
  const request = { method: 'PATCH', path, body, headers: noteHeaders(options) } as const;
  writeUser(await send(request, 200, deps), options.json === true, deps.io);
  return EXIT.done;
}

/** @throws CommandFailure */
export async function deleteUser(
  idOrEmail: string,
  options: OutputOptions,
  deps: ReadUsersDeps,
): Promise<number> {
  const id = await readUserId(idOrEmail, deps);
  const request = { method: 'DELETE', path: `/v1/users/${id}`, headers: noteHeaders(options) };
  await send(request as OperatorRequest, 204, deps);
  deps.io.stdout(options.json === true ? JSON.stringify({ id, deleted: true }) : `deleted ${id}`);
  return EXIT.done;
}

/** Ends one session, or all. @throws CommandFailure */
export async function endSessions(
  idOrEmail: string,
  options: OutputOptions & { readonly session?: string },
  deps: ReadUsersDeps,
): Promise<number> {
  const { session, json } = options;
  const id = await readUserId(idOrEmail, deps);
  const path = `/v1/users/${id}/sessions${session === undefined ? '' : `/${encodeURIComponent(session)}`}`;
  await send({ method: 'DELETE', path, headers: noteHeaders(options) }, 204, deps);
  const ended = session === undefined ? `all sessions of ${id}` : `session ${session}`;
  const fields = { id, ...(session === undefined ? {} : { session_id: session }), ended: true };
  deps.io.stdout(json === true ? JSON.stringify(fields) : `ended ${ended}`);
  return EXIT.done;
}

/** Sends the mail of a password reset. @throws CommandFailure */
export async function sendPasswordReset(
  idOrEmail: string,
  options: OutputOptions,
  deps: ReadUsersDeps,
): Promise<number> {
  const id = await readUserId(idOrEmail, deps);
  const path = `/v1/users/${id}/send-password-reset`;
  const body = { reason: options.reason };
  const headers = operatorHeaders(options);
  await send({ method: 'POST', path, body, headers }, 204, deps);
  const text = `the mail of a password reset will be sent to the address of ${id}`;
  deps.io.stdout(options.json === true ? JSON.stringify({ id, sent: true }) : text);
  return EXIT.done;
}

/** Ends the counters of failed attempts of an account. @throws CommandFailure */
export async function unlockUser(
  idOrEmail: string,
  options: OutputOptions,
  deps: ReadUsersDeps,
): Promise<number> {
  const id = await readUserId(idOrEmail, deps);
  const path = `/v1/users/${id}/unlock`;
  await send({ method: 'POST', path, headers: noteHeaders(options) }, 204, deps);
  deps.io.stdout(options.json === true ? JSON.stringify({ id, unlocked: true }) : `unlocked ${id}`);
  return EXIT.done;
}

/** One list of a user, as its route and its table show it. */
interface UserList {
  readonly path: string;
  readonly field: string;
  readonly none: string;
  /** Table headings, each with its cell. */
  readonly columns: Readonly<Record<string, (row: Readonly<Record<string, unknown>>) => unknown>>;
}

export const SESSIONS: UserList = {
  path: 'sessions',
  field: 'sessions',
  none: 'no live sessions',
  columns: {
    ID: ({ id }) => id,
    STARTED: ({ created_at }) => created_at,
    'LAST USED': ({ last_used_at }) => last_used_at,
    EXPIRES: ({ expires_at }) => expires_at,
    ADDRESS: ({ ip }) => ip,
    CLIENT: ({ user_agent }) => user_agent,
  },
};

export const ACTS: UserList = {
  path: 'acts',
  field: 'acts',
  none: 'no administrative acts',
  columns: {
    TIME: ({ at }) => at,
    ACTION: ({ action }) => action,
    ACTOR: ({ actor }) =>
      isRecord(actor) ? [actor.kind, actor.id].filter((part) => part !== null).join(' ') : null,
    OPERATOR: ({ operator }) => operator,
    REASON: ({ reason }) => reason,
  },
};

export const SIGN_IN_FAILURES: UserList = {
  path: 'sign-in-failures',
  field: 'failures',
  none: 'no failed attempts',
  columns: {
    FACTOR: ({ factor }) => factor,
    'KNOWN DEVICE': ({ known_device: known }) => (known === true ? 'yes' : 'no'),
    FAILURES: ({ failures }) => failures,
    'LAST AT': ({ last_at }) => last_at,
    'BLOCKED UNTIL': ({ blocked_until }) => blocked_until,
  },
};

/** Prints a table, or one JSON object a line. @throws CommandFailure */
export async function listOfUser(
  { path, field, none, columns }: UserList,
  idOrEmail: string,
  options: TableOptions & { readonly json?: boolean },
  deps: ReadUsersDeps,
): Promise<number> {
  const { io } = deps;
  const request = { method: 'GET', path: `${await pathOf(idOrEmail, deps)}/${path}` } as const;
  const body = await send(request, 200, deps);
  const rows = isRecord(body) ? body[field] : undefined;
  if (!Array.isArray(rows)) throw new CommandFailure('The response is not from a user service.');
  if (options.json === true) {
    for (const row of rows) io.stdout(JSON.stringify(row));
  } else if (rows.length === 0) {
    io.stderr(none);
  } else {
    createTableWriter(Object.keys(columns), io, options).write(
      rows
        .filter(isRecord)
        .map((row) => Object.values(columns).map((cell) => String(cell(row) ?? '-'))),
    );
  }
  return EXIT.done;
}

async function pathOf(idOrEmail: string, deps: ReadUsersDeps): Promise<string> {
  return `/v1/users/${await readUserId(idOrEmail, deps)}`;
}

/** Headers are ASCII: the service decodes the rest. */
export function operatorHeaders({ operator }: NoteOptions): Record<string, string> {
  return operator === undefined ? {} : { 'x-operator': encoded(operator) };
}

function noteHeaders(options: NoteOptions): Record<string, string> {
  const { reason } = options;
  return {
    ...operatorHeaders(options),
    ...(reason === undefined ? {} : { 'x-reason': encoded(reason) }),
  };
}

/** @throws UsageError for a lone surrogate, which has no UTF-8 */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw new UsageError('A name or a reason must be well-formed Unicode.');
  }
}

async function send(
  request: OperatorRequest,
  expected: number,
  deps: ReadUsersDeps,
): Promise<unknown> {
  // Repeating an act changes nothing, but a repeated deletion would report that there is no such user.
  const repeatUnknown = request.method !== 'DELETE';
  return await requestBody(request, deps, { expected, repeatUnknown });
}
