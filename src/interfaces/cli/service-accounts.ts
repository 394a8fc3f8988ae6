import { type CliIo, CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { perform, type RequestDeps, requestBody } from './retry.ts';
import { createTableWriter, type TableOptions } from './table.ts';
import { printable } from './text.ts';

export interface ServiceAccountsDeps extends RequestDeps {
  readonly io: CliIo;
}

const PATH = '/v1/service-accounts';

/** Creates an account and shows its key, once. @throws CommandFailure */
export async function createServiceAccount(
  name: string,
  options: {
    readonly scope: readonly string[];
    readonly expiresIn?: number;
    readonly json?: boolean;
  },
  deps: ServiceAccountsDeps,
): Promise<number> {
  const { io } = deps;
  const body = { name, scopes: [...new Set(options.scope)], ...expiry(options) };
  const account = await requestBody({ method: 'POST', path: PATH, body }, deps, { expected: 201 });
  if (!isRecord(account) || typeof account.key !== 'string') {
    throw new CommandFailure('The response of the service has no key.');
  }
  if (options.json === true) {
    io.stdout(JSON.stringify(account));
  } else {
    io.stdout(printable(account.key));
    io.stderr(
      `Service account ${printable(String(account.name))} (id ${printable(String(account.id))}).`,
    );
  }
  io.stderr('This key is shown only now: store it where only the calling service can read it.');
  return EXIT.done;
}

/** Lists every account, including the revoked ones, without keys. @throws CommandFailure */
export async function listServiceAccounts(
  options: TableOptions & { readonly json?: boolean },
  deps: ServiceAccountsDeps,
): Promise<number> {
  const { io } = deps;
  const body: unknown = await perform(
    ({ serviceAccounts }, call) => serviceAccounts.list(call),
    deps,
  );
  const accounts = isRecord(body) ? body.service_accounts : undefined;
  if (!Array.isArray(accounts)) {
    throw new CommandFailure('The response is not from a user service.');
  }
  if (options.json === true) {
    for (const account of accounts) io.stdout(JSON.stringify(account));
    return EXIT.done;
  }
  if (accounts.length === 0) {
    io.stderr('no service accounts');
    return EXIT.done;
  }
  const columns = ['ID', 'NAME', 'SCOPES', 'CREATED', 'LAST USED', 'KEY ENDS', 'REVOKED'];
  createTableWriter(columns, io, options).write(
    accounts.filter(isRecord).map(({ id, name, scopes, created_at, revoked_at, keys }) => {
      const scopeList = Array.isArray(scopes) ? scopes.join(' ') : '';
      const { lastUsed, ends } = summaryOf(keys);
      return [id, name, scopeList, created_at, lastUsed, ends, revoked_at ?? '-'].map(String);
    }),
  );
  return EXIT.done;
}

/** The last use of any key, and the end of the newest one. Times in UTC sort as texts. */
function summaryOf(keys: unknown): { readonly lastUsed: string; readonly ends: string } {
  const listed = Array.isArray(keys) ? keys.filter(isRecord) : [];
  const uses = listed.flatMap(({ last_used_at: at }) => (typeof at === 'string' ? [at] : []));
  return { lastUsed: uses.sort().at(-1) ?? '-', ends: String(listed[0]?.expires_at ?? '-') };
}

function expiry({ expiresIn }: { readonly expiresIn?: number }) {
  return expiresIn === undefined ? {} : { expires_in: expiresIn };
}

/** Issues another key of an account and shows it, once. @throws CommandFailure */
export async function rotateServiceKey(
  id: string,
  options: { readonly overlap?: number; readonly expiresIn?: number; readonly json?: boolean },
  deps: ServiceAccountsDeps,
): Promise<number> {
  const { io } = deps;
  const { overlap } = options;
  const body = { ...(overlap === undefined ? {} : { overlap }), ...expiry(options) };
  const path = `${PATH}/${encodeURIComponent(id)}/key-rotations`;
  const issued = await requestBody({ method: 'POST', path, body }, deps, { expected: 201 });
  if (!isRecord(issued) || typeof issued.key !== 'string') {
    throw new CommandFailure('The response of the service has no key.');
  }
  io.stdout(options.json === true ? JSON.stringify(issued) : printable(issued.key));
  io.stderr('This key is shown only now: store it where only the calling service can read it.');
  return EXIT.done;
}

/** Replaces the scopes of an account. @throws CommandFailure */
export async function setServiceAccountScopes(
  id: string,
  options: { readonly scope: readonly string[]; readonly json?: boolean },
  deps: ServiceAccountsDeps,
): Promise<number> {
  const path = `${PATH}/${encodeURIComponent(id)}/scopes`;
  const body = { scopes: [...new Set(options.scope)] };
  const account = await requestBody({ method: 'PUT', path, body }, deps);
  const scopes = isRecord(account) && Array.isArray(account.scopes) ? account.scopes : [];
  deps.io.stdout(
    options.json === true
      ? JSON.stringify(account)
      : `${printable(id)} has the scopes ${printable(scopes.join(' '))}`,
  );
  return EXIT.done;
}

/** Revokes the key of an account. @throws CommandFailure */
export async function revokeServiceAccount(
  id: string,
  options: { readonly json?: boolean },
  deps: ServiceAccountsDeps,
): Promise<number> {
  await requestBody({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}` }, deps, {
    expected: 204,
  });
  if (options.json === true) deps.io.stdout(JSON.stringify({ id, revoked: true }));
  else deps.io.stdout(`revoked ${printable(id)}`);
  return EXIT.done;
}
