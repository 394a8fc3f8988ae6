import { request } from 'node:http';
import { availableParallelism } from 'node:os';
import type { ConnectionOptions } from '../../test/support/postgres-server.ts';
import { type Measured, measureAlone } from '../compare.ts';
import type { Context } from '../context.ts';
import { type LoadGenerator, type LoadRequest, loadSide } from '../load-generator.ts';
import { readResidentMb } from '../process-usage.ts';
import type { RunningServer } from './install.ts';
import type { Peer } from './peers.ts';

const CONNECTIONS = 50;
const IDLE_MS = 3_000;
/** A hash takes tens to hundreds of milliseconds. */
const HASHING_SECONDS = 5;
/** The service refuses a request that would wait too long for its hash; only successes count. */
const REFUSALS = [503];

export interface PeerFigures {
  readonly read: Measured;
  readonly signIn: Measured;
  readonly register: Measured;
  readonly startMs: number;
  readonly idleMb: number;
}

/** Registers some people and measures read, sign-in, registration, start and idle memory. */
export async function measurePeer(
  context: Pick<Context, 'options' | 'progress'> & { readonly generator: LoadGenerator },
  peer: Omit<Peer, 'packages' | 'program'>,
  start: (database: ConnectionOptions) => Promise<RunningServer>,
  database: ConnectionOptions,
): Promise<PeerFigures> {
  const { generator, options } = context;
  // The first start creates the schema.
  await (await start(database)).stop();
  const server = await start(database);
  try {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const idleMb = readResidentMb(server.pid);
    const emails = Array.from({ length: options.people }, (_, n) => `peer-${n}@example.com`);
    const tokens: string[] = [];
    for (const email of emails) {
      await send(server.url, peer.register(email));
      tokens.push(String(peer.tokenOf(await send(server.url, peer.signIn(email)))));
    }
    const measure = (
      what: string,
      requests: readonly LoadRequest[],
      connections: number,
      seconds: number,
    ) =>
      measureAlone(
        context,
        { id: peer.name },
        loadSide(
          generator,
          { title: what, pid: server.pid },
          () => ({ kind: 'closed', url: server.url, connections, seconds, requests }),
          { refusals: REFUSALS },
        ),
      );
    const hashing = [4 * availableParallelism(), HASHING_SECONDS] as const;
    const reads = tokens.map((token) => peer.read(token));
    const read = await measure('read', reads, CONNECTIONS, options.seconds);
    const signIn = await measure('sign-in', emails.map(peer.signIn), ...hashing);
    const register = await measure(
      'register',
      [peer.register('new-{{n}}@example.com')],
      ...hashing,
    );
    return {
      ...{ read: read.service, signIn: signIn.service, register: register.service },
      ...{ startMs: server.startMs, idleMb },
    };
  } finally {
    await server.stop();
  }
}

/** Not by `fetch`, whose headers look like those of a browser on another site. */
function send(
  url: string,
  { method, path, headers = {}, body }: LoadRequest,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 300)
          resolve(text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
        else reject(new Error(`${path}: ${statusCode} ${text}`));
      });
    });
    sent.once('error', reject).end(body);
  });
}
