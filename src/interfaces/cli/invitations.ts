import { type CliIo, CommandFailure, EXIT, Interrupted } from './io.ts';
import { isRecord } from './problem.ts';
import { type RequestDeps, requestBody } from './retry.ts';
import { createTableWriter, type TableOptions } from './table.ts';
import { printable } from './text.ts';

export interface InvitationsDeps extends RequestDeps {
  readonly io: CliIo;
}

interface JsonOption {
  readonly json?: boolean;
}

/** The flags of `invitations create`. */
export interface CreateInvitationOptions extends JsonOption {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly locale?: string;
  readonly days?: number;
}

const PATH = '/v1/invitations';
const DAY_SECONDS = 24 * 60 * 60;
/** The largest page of the service. */
const PAGE_LIMIT = 200;

/** Invites the owner of an address and shows the invitation, without its token. @throws CommandFailure */
export async function createInvitation(
  email: string,
  { firstName, lastName, locale, days, json }: CreateInvitationOptions,
  deps: InvitationsDeps,
): Promise<number> {
  const body = {
    email,
    ...(firstName === undefined ? {} : { first_name: firstName }),
    ...(lastName === undefined ? {} : { last_name: lastName }),
    ...(locale === undefined ? {} : { locale }),
    ...(days === undefined ? {} : { expires_in: days * DAY_SECONDS }),
  };
  const invitation = await requestBody({ method: 'POST', path: PATH, body }, deps, {
    expected: 201,
  });
  if (!isRecord(invitation)) throw notAUserService();
  if (json === true) deps.io.stdout(JSON.stringify(invitation));
  else {
    deps.io.stdout(printable(String(invitation.id)));
    deps.io.stderr(
      `Invited ${printable(String(invitation.email))} until ${printable(String(invitation.expires_at))}.`,
    );
  }
  return EXIT.done;
}

/** Lists every invitation, page by page. @throws CommandFailure */
export async function listInvitations(
  options: TableOptions & JsonOption,
  deps: InvitationsDeps,
): Promise<number> {
  const { io, signal } = deps;
  const table = createTableWriter(['ID', 'EMAIL', 'NAME', 'CREATED', 'EXPIRES'], io, options);
  let count = 0;
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(PAGE_LIMIT) });
    if (cursor !== null) query.set('cursor', cursor);
    const page = await requestBody({ method: 'GET', path: `${PATH}?${query}` }, deps);
    if (!isRecord(page) || !Array.isArray(page.invitations)) throw notAUserService();
    const invitations = page.invitations.filter(isRecord);
    if (options.json === true) for (const one of invitations) io.stdout(JSON.stringify(one));
    else if (invitations.length > 0) table.write(invitations.map(rowOf));
    count += invitations.length;
    const next = typeof page.next_cursor === 'string' ? page.next_cursor : null;
    if (next !== null && next === cursor) {
      throw new CommandFailure('The service returned the same page twice.');
    }
    cursor = next;
  } while (cursor !== null && !signal.aborted && !io.stdoutClosed());
  if (signal.aborted) throw new Interrupted('Interrupted: the list is not complete.');
  if (options.json !== true && count === 0) io.stderr('no invitations');
  return EXIT.done;
}

/** Revokes an invitation. @throws CommandFailure */
export async function revokeInvitation(
  id: string,
  options: JsonOption,
  deps: InvitationsDeps,
): Promise<number> {
  await requestBody({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}` }, deps, {
    expected: 204,
  });
  if (options.json === true) deps.io.stdout(JSON.stringify({ id, revoked: true }));
  else deps.io.stdout(`revoked ${printable(id)}`);
  return EXIT.done;
}

function rowOf(invitation: Readonly<Record<string, unknown>>): string[] {
  const { id, email, first_name, last_name, created_at, expires_at } = invitation;
  const name = [first_name, last_name].filter((part) => typeof part === 'string').join(' ');
  return [id, email, name === '' ? '-' : name, created_at, expires_at].map(String);
}

function notAUserService(): CommandFailure {
  return new CommandFailure('The response is not from a user service.', {
    code: 'not_a_user_service',
  });
}
