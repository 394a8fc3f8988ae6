import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseMail, type TestMail } from './mail-message.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { findServiceProgram } from './service-program.ts';
import { ALL_SCOPES, type TestService, type TestServiceAccount, type TestUser } from './types.ts';

export interface StartOptions {
  /**
   * Configuration of the service as environment variables, such as `TOKENS_ACCESS_TTL`. Those of the test process do not
   * reach it. The database is always the embedded one.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** The file that starts the service; by default that of the installed package `user-service`. */
  readonly program?: string;
  /** How long the start may take, 60,000 by default. */
  readonly timeoutMs?: number;
}

/** A user that the test registered, with the password. */
export interface RegisteredTestUser extends TestUser {
  readonly password: string;
}

/** The real service as a process of its own, with the embedded database and with its data in a temporary folder. */
export interface RunningUserService extends TestService {
  /** Registers a user with a random password. */
  addUser(
    fields?: Partial<Pick<TestUser, 'first_name' | 'last_name' | 'email' | 'locale'>>,
  ): Promise<RegisteredTestUser>;
  /** Signs the user in. @returns the access token of a new session */
  tokenFor(user: RegisteredTestUser): Promise<string>;
  /** The mails that were sent so far, in no particular order. @param to only those to this address */
  mails(to?: string): readonly TestMail[];
  /**
   * Waits for a mail to this address: mails are sent in the background.
   * @param subject a part of the subject
   * @throws Error when there is none within ten seconds
   */
  waitForMail(to: string, subject?: string): Promise<TestMail>;
  /** What the service wrote to its log, at most the last megabyte. */
  output(): string;
}

/** Another process may take the port that was free before. */
const STARTS = 3;
const START_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 10_000;
const MAIL_TIMEOUT_MS = 10_000;
const MAIL_POLL_MS = 20;

/**
 * Starts the real service and waits until it is ready, about a second later. It ends with `stop()`, and at the latest
 * with this process. On Bun and Deno it needs `node` in `PATH`.
 * @throws Error when the package is not installed, or the service does not start
 * @throws TypeError for an `env` that names another database
 */
export async function startUserService(options: StartOptions = {}): Promise<RunningUserService> {
  const { env = {}, timeoutMs = START_TIMEOUT_MS } = options;
  const foreign = Object.keys(env).find((name) =>
    /^DATABASE_|^(?:MAIL|SERVER)_(?:DRIVER|PATH|PORT|HOST)$/.test(name),
  );
  if (foreign !== undefined) throw new TypeError(`startUserService: ${foreign} cannot be set`);
  const program = options.program ?? findServiceProgram(process.cwd());
  for (let attempt = 1; ; attempt += 1) {
    const directory = mkdtempSync(join(tmpdir(), 'user-service-'));
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    try {
      const child = await startServiceProcess({
        ...{ program, directory, timeoutMs },
        env: {
          PATH: process.env.PATH ?? '',
          HOME: process.env.HOME ?? '',
          // A test sends more from one address than the limits allow, and has no load balancer to wait for.
          LIMITS_ENABLED: 'false',
          SERVER_SHUTDOWN_DELAY: '0s',
          ...env,
          SERVER_PORT: String(port),
        },
      });
      return describeService({ url, directory, child, env });
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      const isPortTaken = error instanceof Error && error.message.includes('EADDRINUSE');
      if (attempt === STARTS || !isPortTaken) throw error;
    }
  }
}

interface Started {
  readonly url: string;
  readonly directory: string;
  readonly child: ServiceProcess;
  readonly env: Readonly<Record<string, string>>;
}

function describeService({ url, directory, child, env }: Started): RunningUserService {
  const socketPath = join(directory, 'data', 'control.sock');
  const mailFolder = join(directory, 'data', 'mail');
  let users = 0;
  return {
    url,
    issuer: env.TOKENS_ISSUER ?? url,
    audience: env.TOKENS_AUDIENCE?.split(',')[0] ?? 'user-service',
    output: () => child.output(),
    async stop() {
      await child.stop();
      rmSync(directory, { recursive: true, force: true });
    },
    async createServiceAccount(scopes = ALL_SCOPES) {
      const name = `test-${randomBytes(6).toString('hex')}`;
      return await callControlSocket(socketPath, '/v1/service-accounts', { name, scopes });
    },
    async addUser(fields = {}) {
      users += 1;
      const password = randomBytes(18).toString('base64');
      const email = `user-${users}@example.com`;
      const person = { first_name: 'Test', last_name: `User ${users}`, email, ...fields, password };
      return { ...((await post(url, '/v1/users', person)) as TestUser), password };
    },
    async tokenFor({ email, password }) {
      const tokens = await post(url, '/v1/sessions', { email, password });
      return (tokens as { readonly access_token: string }).access_token;
    },
    mails: (to) => readMails(mailFolder, to),
    async waitForMail(to, subject = '') {
      for (let waitedMs = 0; waitedMs < MAIL_TIMEOUT_MS; waitedMs += MAIL_POLL_MS) {
        const found = readMails(mailFolder, to).find((mail) => mail.subject.includes(subject));
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, MAIL_POLL_MS));
      }
      throw new Error(`there is no mail to ${to} with the subject ${subject}`);
    },
  };
}

async function post(url: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** The operator's channel of the service: it creates what no key can. */
function callControlSocket(
  socketPath: string,
  path: string,
  body: object,
): Promise<TestServiceAccount> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ socketPath, path, method: 'POST', timeout: REQUEST_TIMEOUT_MS },
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('error', reject).once('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode === 201) resolve(readAccount(text));
          else reject(new Error(`POST ${path}: ${statusCode} ${text}`));
        });
      },
    );
    call.once('timeout', () => call.destroy(new Error(`POST ${path}: no answer in time`)));
    call.once('error', reject);
    call.end(JSON.stringify(body));
  });
}

function readAccount(text: string): TestServiceAccount {
  const { id, key } = JSON.parse(text) as TestServiceAccount;
  return { id, key };
}

function readMails(folder: string, to?: string): readonly TestMail[] {
  return readFolder(folder)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => parseMail(readFileSync(join(folder, name), 'latin1')))
    .filter((mail) => to === undefined || mail.to === to);
}

/** The folder is made with the first mail. */
function readFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no free port'));
        else resolve(address.port);
      });
    });
  });
}
