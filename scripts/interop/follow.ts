import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fakeUserService, startUserService } from '@user-service/client/testing';
import { startNats } from '../../test/support/nats-server.ts';

const root = join(import.meta.dirname, '..', '..');
const TIMEOUT_MS = 60_000;

/** A session that a program hears of. */
export interface FollowedSession {
  /** What the program is told: where the feed is, a key for it, and the ids of a session and its user. */
  readonly args: readonly string[];
  end(): Promise<void>;
}

/** The session of the fake service, whose feed is read over HTTP. */
export async function withFeed<T>(use: (session: FollowedSession) => Promise<T>): Promise<T> {
  const fake = await fakeUserService();
  try {
    const { key } = await fake.createServiceAccount(['tokens:introspect']);
    const user = fake.addUser();
    const { sid } = claimsOf(fake.tokenFor(user));
    const end = async () => fake.endSession(sid);
    return await use({ args: [fake.url, key, sid, user.id], end });
  } finally {
    await fake.stop();
  }
}

/** The session of the real service, whose revocations are in a stream of NATS. */
export async function withStream<T>(use: (session: FollowedSession) => Promise<T>): Promise<T> {
  const nats = await startNats({ jetstream: true });
  try {
    const service = await startUserService({
      program: join(root, 'bin', 'user-service.cjs'),
      env: { NATS_SERVERS: nats.url },
    });
    try {
      const user = await service.addUser();
      const token = await service.tokenFor(user);
      const headers = { authorization: `Bearer ${token}` };
      const url = `${service.url}/v1/sessions/current`;
      return await use({
        args: [nats.url, '', claimsOf(token).sid, user.id],
        async end() {
          const { status } = await fetch(url, { method: 'DELETE', headers });
          if (status !== 204) throw new Error(`the session was not ended: ${status}`);
        },
      });
    } finally {
      await service.stop();
    }
  } finally {
    await nats.stop();
  }
}

/**
 * Starts a program that follows revocations. It prints `fresh` when it knows them all, and ends with success when the
 * session is void; the session ends after `fresh`.
 * @returns what is wrong, one line each
 */
export async function followWith(
  command: readonly [program: string, ...args: string[]],
  cwd: string,
  session: FollowedSession,
): Promise<readonly string[]> {
  const [program, ...args] = command;
  const child = spawn(program, [...args, 'follow', ...session.args], { cwd });
  let output = '';
  let isEnded = false;
  const listen = (text: Buffer): void => {
    output += text.toString('utf8');
    if (isEnded || !/^fresh$/m.test(output)) return;
    isEnded = true;
    session.end().catch((error: unknown) => {
      output += String(error);
      child.kill('SIGKILL');
    });
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return code === 0 && /^fresh\nvoid$/m.test(output)
    ? []
    : [`it did not hear of the end of a session: code ${code}, output ${output}`];
}

function claimsOf(token: string): { readonly sid: string } {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { readonly sid: string };
}
