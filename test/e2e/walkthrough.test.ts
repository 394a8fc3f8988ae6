import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { type RunningProcess, startProcess } from '../support/child-process.ts';
import { readEventMessage } from '../support/event-schemas.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { type FencedBlock, fencedBlocks, sectionOf } from '../support/markdown.ts';
import { createNatsClient } from '../support/nats-client.ts';
import { startNats } from '../support/nats-server.ts';
import { sendSignal } from '../support/processes.ts';
import { startRedis } from '../support/redis-server.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { createTestDatabase } from '../support/test-database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/start/walkthrough.md');

/** Deadlines, not expectations: the password hashes share the machine with whatever else runs on it. */
const READY_TIMEOUT_MS = 60_000;
const WALK_TIMEOUT_MS = 540_000;
const TEST_TIMEOUT_MS = 600_000;

/** Separates the output of one block from the next. */
const MARK = '==== end of block';
/** The lines that are not run as they stand: the ports may be taken on the machine that tests. */
const ADDRESS_LINE = 'URL=http://127.0.0.1:8080';
const RECEIVER_LINE = 'RECEIVER=http://127.0.0.1:9090';

/** The first block keeps running in terminal 1; all others are one session in terminal 2. */
const [service, ...steps] = fencedBlocks(page).filter(({ language }) => language === 'sh');

/** All lines of the example file: people to register. */
const PEOPLE = read('examples/people.ndjson').trimEnd().split('\n');

/**
 * What the walk-through runs on, as the ready line names it, and with how many people. A hash takes most of the time of
 * a registration; that all of the file can be registered is shown by scripts/people/people.test.ts.
 */
const SETTINGS = [
  [{ database: 'embedded', cache: 'memory', messaging: 'off' }, 300],
  [{ database: 'postgres', cache: 'redis', messaging: 'nats' }, 100],
] as const;

describe.each(SETTINGS)(
  'the walk-through, word for word, on %o with %i people',
  (setting, count) => {
    it(
      'runs, and shows what the page says it shows',
      async () => {
        const lines = PEOPLE.slice(0, count);
        const cwd = copyOfTheProgram(lines);
        const { environment, seen } = await setUp(setting);
        const port = await findFreePort();
        const server = await inTerminal(service?.text ?? '', cwd, {
          ...environment,
          SERVER_PORT: String(port),
        });
        const ready = await server.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
        expect(JSON.parse(ready)).toMatchObject(setting);

        const script = steps.map(({ text }) => `${text}echo\necho '${MARK}'\n`).join('');
        expect(script).toContain(`${ADDRESS_LINE}\n`);
        expect(script).toContain(`${RECEIVER_LINE}\n`);
        const receiver = await findFreePort();
        const walk = await inTerminal(
          script
            .replace(ADDRESS_LINE, `URL=http://127.0.0.1:${port}`)
            .replace(RECEIVER_LINE, `RECEIVER=http://127.0.0.1:${receiver}`),
          cwd,
          environment,
        );
        const { code } = await withinMs(walk.exited, WALK_TIMEOUT_MS);
        expect(code, walk.output()).toBe(0);
        const outputs = walk.stdout().split(MARK);
        expect(outputs).toHaveLength(steps.length + 1);

        expectDocumentedAnswers(outputs);
        expectOutcome(outputs.join('\n'), lines);
        await expectPeople(cwd, environment, lines);
        await expectEvents(seen, outputs.join('\n'), count);

        sendSignal(-server.pid, 'SIGINT'); // as Ctrl-C: to all that run in the terminal
        await withinMs(server.exited, READY_TIMEOUT_MS);
        expect(server.output()).toContain('"message":"stopped"');
      },
      TEST_TIMEOUT_MS,
    );
  },
);

describe('the five minutes of the README, word for word', () => {
  it(
    'end with a signed-in user and with its events',
    async () => {
      const cwd = copyOfTheProgram(PEOPLE);
      const port = await findFreePort();
      const server = await inTerminal('npm start', cwd, { SERVER_PORT: String(port) });
      await server.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
      const blocks = fencedBlocks(sectionOf(read('README.md'), 'Five minutes')).filter(
        ({ language }) => language === 'sh',
      );
      const script = blocks.map(({ text }) => text).join('echo\n');
      expect(script).toContain(`${ADDRESS_LINE}\n`);
      const terminal = await inTerminal(
        script.replace(ADDRESS_LINE, `URL=http://127.0.0.1:${port}`),
        cwd,
        {},
      );
      // The last block prints events until it is stopped.
      await terminal.waitForLine(
        /^data: \{.*"type":"user-service\.session\.started\.v1"/,
        READY_TIMEOUT_MS,
      );
      expect(terminal.stdout()).toMatch(/"email":"ada@example\.com"/);
      expect(terminal.stdout()).toMatch(
        /^id: 1-[0-9a-f]{8}\ndata: \{.*"type":"user-service\.user\.created\.v1"/m,
      );
      sendSignal(-terminal.pid, 'SIGINT');
      await withinMs(terminal.exited, READY_TIMEOUT_MS);
    },
    TEST_TIMEOUT_MS,
  );
});

/** What a clone has after `npm ci`, as far as the walk-through needs it, in a folder of its own. */
function copyOfTheProgram(lines: readonly string[]): string {
  if (!existsSync(join(root, 'dist', 'main.js'))) {
    throw new Error('dist/ is not built: run `npm run build`');
  }
  const directory = createTemporaryDirectory('walk');
  onTestFinished(() => directory.remove());
  const { path } = directory;
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(root, part), join(path, part), { recursive: true });
  }
  mkdirSync(join(path, 'examples'));
  writeFileSync(join(path, 'examples/people.ndjson'), `${lines.join('\n')}\n`);
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  return path;
}

/** What a client of NATS has seen; null where there is no NATS. */
type Seen = readonly { readonly type: string; readonly userId: string | null }[] | null;

/** The embedded database needs nothing; the others are chosen by the variables that the documents name. */
async function setUp(setting: (typeof SETTINGS)[number][0]) {
  if (setting.database === 'embedded') return { environment: {}, seen: null };
  const { connectionOptions } = await createTestDatabase({ template: 'template0' });
  const postgres = {
    ...postgresEnvironment(connectionOptions),
    SECURITY_MASTER_KEY: createMasterKey(),
  };
  if (setting.messaging !== 'nats') return { environment: postgres, seen: null };
  const [redis, nats] = await Promise.all([startRedis(), startNats({ jetstream: true })]);
  onTestFinished(async () => void (await Promise.all([redis.stop(), nats.stop()])));
  const environment = {
    ...postgres,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    NATS_SERVERS: nats.url,
  };
  return { environment, seen: await listenForEvents(nats.url) };
}

/** Another service that subscribes, and checks whatever it gets against the published schemas. */
async function listenForEvents(servers: string): Promise<Seen> {
  const seen: { type: string; userId: string | null }[] = [];
  const { connection } = await createNatsClient({ servers });
  connection.subscribe('users.events.>', {
    callback: (error, { subject, headers, data }) => {
      if (error !== null) throw error;
      const names = headers?.keys() ?? [];
      const fields = new Map(names.map((name) => [name, headers?.get(name) ?? '']));
      const { event } = readEventMessage({
        subject,
        headers: fields,
        data: Buffer.from(data).toString('utf8'),
      });
      seen.push({ type: event.type, userId: event.userId });
    },
  });
  await connection.flush();
  return seen;
}

/** Everything of the walk, once: the registrations, and the story of the one who signed in, in its order. */
async function expectEvents(seen: Seen, output: string, count: number): Promise<void> {
  if (seen === null) return;
  await eventually(() => expect(seen).toHaveLength(count + 7), { timeoutMs: READY_TIMEOUT_MS });
  expect(seen.filter(({ type }) => type === 'user.created')).toHaveLength(count);
  expect(new Set(seen.map(({ userId }) => userId)).size).toBe(count);
  const [, ada] = /"id":"([0-9a-f-]{36})","first_name":"Ada"/.exec(output) ?? [];
  const story = seen.filter(({ userId }) => userId === ada).map(({ type }) => type);
  expect(story).toEqual([
    ...['user.created', 'session.started', 'user.updated', 'session.ended'],
    ...['user.password_changed', 'user.disabled', 'authentication.failed', 'user.enabled'],
  ]);
}

async function inTerminal(
  script: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningProcess> {
  const { PATH = '', HOME = '' } = process.env;
  const terminal = await startProcess('bash', ['-c', `set -euo pipefail\n${script}`], {
    cwd,
    env: { PATH, HOME, ...environment },
  });
  onTestFinished(async () => void (await terminal.kill()));
  return terminal;
}

/** Each block that a JSON block follows answers with JSON of that very shape. */
function expectDocumentedAnswers(outputs: readonly string[]): void {
  const blocks = fencedBlocks(page);
  const documented = blocks.flatMap((block, index): [FencedBlock, FencedBlock][] => {
    const next = blocks[index + 1];
    return block.language === 'sh' && next?.language === 'json' ? [[block, next]] : [];
  });
  expect(documented.length).toBeGreaterThan(0);
  for (const [block, example] of documented) {
    const answer = lastJson(outputs[steps.indexOf(step(block))] ?? '');
    expect(shapeOf(answer), block.text).toEqual(shapeOf(JSON.parse(example.text)));
  }
}

function step({ text }: FencedBlock): FencedBlock {
  const found = steps.find((candidate) => candidate.text === text);
  if (found === undefined) throw new Error('a block with an answer does not belong to terminal 2');
  return found;
}

function expectOutcome(output: string, lines: readonly string[]): void {
  expect(output).toContain(`${lines.length} created, 0 already there, 0 refused`);
  expect(output).toMatch(/^etag: "1"\r?$/im);
  expect(output).toContain('"last_name":"Okafor-Lindqvist"');
  expect(output).toContain('"code":"version_mismatch"');
  expect(output).toContain('"code":"invalid_token"');
  expect(output).toContain('"code":"invalid_credentials"');
  expect(output).toMatch(/^\S+ +disable +operator /m);
  const [received = ''] = /(?:^user-service\.\S+ \S+\n)+/m.exec(output) ?? [];
  expect(received.match(/(?<=^user-service\.)\S+(?=\.v1)/gm)).toEqual([
    ...['webhook.test', 'user.disabled', 'user.enabled'],
  ]);
  const { profiles, missing } = JSON.parse(/^\{"profiles".*$/m.exec(output)?.[0] ?? '{}') as {
    profiles: { first_name: string; last_name: string }[];
    missing: string[];
  };
  const names = new Set(lines.map(readPerson).map(nameOf));
  names.add('Ada Okafor-Lindqvist');
  expect(profiles.map(nameOf).filter((name) => names.has(name))).toHaveLength(3);
  expect(missing).toEqual(['00000000-0000-7000-8000-000000000000']);
}

/** Asks through another command what is stored now. */
async function expectPeople(
  cwd: string,
  environment: Readonly<Record<string, string>>,
  lines: readonly string[],
) {
  const list = await inTerminal(
    'node bin/user-service.cjs users list --all --json',
    cwd,
    environment,
  );
  const { code } = await withinMs(list.exited, READY_TIMEOUT_MS);
  expect(code, list.stderr()).toBe(0);
  const stored = list.stdout().trim().split('\n').map(readPerson);
  expect(stored).toHaveLength(lines.length);
  const expected = lines
    .map(readPerson)
    .map((person) =>
      person.email === 'ada.okafor@example.com' ? 'Ada Okafor-Lindqvist' : nameOf(person),
    );
  expect(stored.map(nameOf).sort()).toEqual(expected.sort());
}

interface Person {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
}

function readPerson(line: string): Person {
  return JSON.parse(line) as Person;
}

function nameOf(person: Pick<Person, 'first_name' | 'last_name'>): string {
  return `${person.first_name} ${person.last_name}`;
}

function lastJson(output: string): unknown {
  const line = output
    .split('\n')
    .filter((candidate) => candidate.startsWith('{'))
    .at(-1);
  if (line === undefined) throw new Error(`no JSON in the output:\n${output}`);
  return JSON.parse(line);
}

/** Keys and types of a value; of an array those of its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}

async function withinMs<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${timeoutMs} ms`)), timeoutMs);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
