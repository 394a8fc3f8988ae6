import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORD, type Reply, type Service } from '../support.ts';

/** An instance that gets requests. */
export interface Target extends Pick<Service, 'call'> {
  /** Set just before the process is killed: requests that the kill cuts off have an unknown outcome. */
  killed: boolean;
}

/** What the service acknowledged to one person, and must never lose. */
export interface Life {
  readonly id: string;
  /** Types of the acknowledged changes, by version. */
  readonly versions: Map<number, string>;
  readonly sessions: string[];
  passwordChanges: number;
  /** The acknowledged name and later ones of unknown outcome: one of them is stored. */
  names: string[];
  deleted: 'no' | 'perhaps' | 'yes';
}

export interface Lives {
  readonly people: readonly Life[];
  /** Unexpected responses, and connections that broke without a kill. */
  readonly unexpected: readonly string[];
  readonly answers: () => number;
  /** Requests of unknown outcome that a kill cut off. */
  readonly cutOff: () => number;
  /** Stops after the requests in progress. */
  stop(): Promise<void>;
}

interface LoadOptions {
  /** The instance that gets the next request. */
  readonly pick: () => Target;
  /** Concurrent lives. */
  readonly atOnce: number;
  /** Before each request of a life; none by default. */
  readonly pauseMs?: number;
}

/** Changes of the profile between two other steps of a life. */
const RENAMES = 10;
/** How often a request is sent that a busy machine refuses as `unavailable`: nothing was done then. */
const MAX_ATTEMPTS = 5;
const RETRY_AFTER_MS = 200;

/**
 * Runs `atOnce` lives at the same time, each followed by another: register, sign in, change and read the profile. Some
 * people also change the address or the password, and some delete their account.
 */
export function startLives(options: LoadOptions): Lives {
  const people: Life[] = [];
  const unexpected: string[] = [];
  const counts = { lives: 0, answers: 0, cutOff: 0 };
  let stopped = false;

  /** @returns null when the outcome is unknown or unexpected. */
  const request: SendRequest = async (status, method, path, sent) => {
    for (let attempt = 1; ; attempt += 1) {
      await sleep(options.pauseMs ?? 0);
      const target = options.pick();
      try {
        const reply = await target.call(method, path, sent);
        counts.answers += 1;
        if ([status].flat().includes(reply.status)) return reply;
        if (attempt < MAX_ATTEMPTS && reply.body.code === 'unavailable') {
          await sleep(RETRY_AFTER_MS);
          continue;
        }
        unexpected.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
      } catch (error) {
        if (target.killed) counts.cutOff += 1;
        else unexpected.push(`${method} ${path}: ${error} ${(error as Error).cause ?? ''}`);
      }
      return null;
    }
  };

  async function loop(): Promise<void> {
    while (!stopped) {
      counts.lives += 1;
      await live(counts.lives, request, { people, unexpected, isOver: () => stopped });
    }
  }
  const running = Array.from({ length: options.atOnce }, loop);
  return {
    people,
    unexpected,
    answers: () => counts.answers,
    cutOff: () => counts.cutOff,
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

type SendRequest = (
  expected: number | readonly number[],
  ...call: Parameters<Service['call']>
) => Promise<Reply | null>;

interface World {
  readonly people: Life[];
  readonly unexpected: string[];
  readonly isOver: () => boolean;
}

async function live(number: number, request: SendRequest, world: World): Promise<void> {
  const email = `person${number}@example.com`;
  const person = { first_name: 'Ada', last_name: 'Okafor', email, password: PASSWORD };
  const registered = await request(201, 'POST', '/v1/users', { body: person });
  if (registered === null) return;
  const life: Life = {
    id: String(registered.body.id),
    versions: new Map([[1, 'user.created']]),
    sessions: [],
    passwordChanges: 0,
    names: [person.last_name],
    deleted: 'no',
  };
  world.people.push(life);
  const grant = await request(201, 'POST', '/v1/sessions', { body: { email, password: PASSWORD } });
  if (grant === null) return;
  life.sessions.push(String(grant.body.session_id));
  const own = createOwnSteps(life, String(grant.body.access_token), request, world);

  await own.rename();
  if (number % 8 === 1) {
    await request(401, 'POST', '/v1/sessions', { body: { email, password: 'a wrong password' } });
  }
  if (number % 3 === 0) await own.changeEmail(`moved${number}@example.com`);
  await own.rename();
  // Further steps need a known password.
  if (number % 4 === 2 && !(await own.changePassword())) return;
  if (number % 3 === 1) await own.deleteAccount();
}

/** The steps of a person who is signed in. */
function createOwnSteps(life: Life, token: string, request: SendRequest, world: World) {
  const url = `/v1/users/${life.id}`;
  let password = PASSWORD;

  async function rename(): Promise<void> {
    for (let turn = 0; turn < RENAMES && !world.isOver(); turn += 1) {
      const name = `Name ${life.versions.size} ${life.names.length} ${turn}`;
      life.names.push(name);
      const renamed = await request(200, 'PATCH', url, { token, body: { last_name: name } });
      if (renamed !== null) {
        life.versions.set(Number(renamed.body.version), 'user.updated');
        life.names = [name];
      }
    }
    const read = await request(200, 'GET', '/v1/me', { token });
    const newest = Math.max(...life.versions.keys());
    if (read !== null && Number(read.body.version) < newest) {
      world.unexpected.push(`${life.id} is at ${read.body.version} after ${newest}`);
    }
  }

  return {
    rename,
    async changeEmail(email: string): Promise<void> {
      const body = { email, current_password: password };
      const moved = await request(200, 'PATCH', url, { token, body });
      if (moved !== null) life.versions.set(Number(moved.body.version), 'user.email_changed');
    },
    /** @returns false when the outcome is unknown. */
    async changePassword(): Promise<boolean> {
      const body = { current_password: password, new_password: `${PASSWORD} again` };
      // Release 0.2.0 answers 204 and keeps the session.
      const changed = await request([200, 204], 'PUT', `${url}/password`, { token, body });
      if (changed === null) return false;
      if (changed.status === 200) token = String(changed.body.access_token);
      life.passwordChanges += 1;
      password = body.new_password;
      return true;
    },
    async deleteAccount(): Promise<void> {
      const body = { current_password: password };
      const deleted = await request(204, 'POST', `${url}/deletion`, { token, body });
      life.deleted = deleted === null ? 'perhaps' : 'yes';
    },
  };
}
