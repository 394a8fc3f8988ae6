import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const launcher = fileURLToPath(new URL('../../../bin/user-service.cjs', import.meta.url));
/** Characters of unread lines that the service keeps. */
const MAX_UNREAD = 4 * 1024 * 1024;
/** A line about the log itself, and the line that went over the limit. */
const EXCESS = 2_000;
/** A request id of the greatest length makes the longest lines. */
const LONG_ID = 'r'.repeat(128);
const CONNECTIONS = 32;
const PATIENCE = { timeoutMs: 60_000 };

interface LogLine {
  readonly message: string;
  readonly dropped_lines?: number;
}

/** A service whose log goes to a named pipe that is open for reading. */
async function serveToFifo() {
  const directory = createTemporaryDirectory('unread-log');
  onTestFinished(() => directory.remove());
  const fifo = join(directory.path, 'log');
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const { connectionOptions } = await createTestDatabase();
  const port = await findFreePort();
  const process_ = await startProcess(
    '/bin/sh',
    ['-c', `exec '${process.execPath}' '${launcher}' serve > '${fifo}'`],
    {
      cwd: directory.path,
      env: {
        PATH: process.env.PATH,
        ...postgresEnvironment(connectionOptions),
        SECURITY_MASTER_KEY: createMasterKey(),
        SERVER_PORT: String(port),
        SERVER_SHUTDOWN_DELAY: '0s',
      },
    },
  );
  onTestFinished(async () => void (await process_.kill()));
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200),
    PATIENCE,
  );
  return { url, process: process_, reader };
}

async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [, value] = new RegExp(`^user_service_${name} (\\S+)$`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`there is no metric ${name}`);
  return Number(value);
}

const unreadCharacters = (url: string) => readMetric(url, 'log_unread_characters');
const droppedLines = (url: string) => readMetric(url, 'log_lines_dropped_total');

/** Sends requests over kept connections until `isOver` resolves to true; each makes one log line. */
async function flood(url: string, isOver: () => Promise<boolean>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let over = false;
  const send = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'x-request-id': LONG_ID };
      request(`${url}/v1/me`, { agent, headers }, (response) => {
        expect(response.statusCode).toBe(401);
        response.resume().once('end', resolve);
      })
        .once('error', reject)
        .end();
    });
  const senders = Array.from({ length: CONNECTIONS }, async () => {
    while (!over) await send();
  });
  const watching = (async () => {
    try {
      while (!(await isOver())) await sleep(100);
    } finally {
      over = true;
    }
  })();
  try {
    await Promise.all([watching, ...senders]);
  } finally {
    agent.destroy();
  }
}

test('an unread log takes bounded memory, holds up no request, and tells its reader what is missing', async ({
  annotate,
}) => {
  const { url, process: service, reader } = await serveToFifo();
  const highest = { unread: 0, dropped: 0 };
  await flood(url, async () => {
    highest.unread = Math.max(highest.unread, await unreadCharacters(url));
    highest.dropped = await droppedLines(url);
    return highest.dropped > 1_000;
  });
  expect(highest.unread).toBeGreaterThan(MAX_UNREAD - EXCESS);
  expect(highest.unread).toBeLessThan(MAX_UNREAD + EXCESS);

  const lost = await droppedLines(url);
  const log = readLines(reader);
  await eventually(async () => expect(await unreadCharacters(url)).toBe(0), PATIENCE);
  service.signal('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
  const lines = (await log).map((line) => JSON.parse(line) as LogLine);
  const reports = lines.filter(({ message }) => message.startsWith('the log is'));
  expect(reports).toMatchObject([
    { message: 'the log is not read, lines are dropped' },
    { message: 'the log is read again' },
  ]);
  // The requests for the metrics above are logged too, and dropped until the reader is back.
  expect(reports[1]?.dropped_lines).toBeGreaterThanOrEqual(lost);
  expect(lines.at(-1)?.message).toBe('stopped');
  await annotate(`${lost} lines dropped, at most ${highest.unread} characters unread`);
}, 180_000);

test('a service with an unread log stops cleanly', async () => {
  const { url, process: service, reader } = await serveToFifo();
  onTestFinished(() => closeSync(reader));
  await flood(url, async () => (await unreadCharacters(url)) > 0);
  service.signal('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
}, 180_000);

/** Reads a pipe to its end. */
async function readLines(fd: number): Promise<string[]> {
  const socket = new Socket({ fd, readable: true, writable: false });
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) text += String(chunk);
  return text.trimEnd().split('\n');
}
