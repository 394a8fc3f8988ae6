import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORD, type Reply, type Service } from '../support.ts';

/** Where a request may go. */
export interface Target extends Pick<Service, 'call'> {
  /** True from right before its process is killed: what it cuts off then has an unknown outcome. */
  killed: boolean;
}

/** What the service acknowledged to one person: all of it has to be true for ever. */
export interface Life {
  readonly id: string;
  /** Types of the acknowledged changes, by the version that they made. */
  readonly versions: Map<number, string>;
  readonly sessions: string[];
  passwordChanges: number;
  /** The acknowledged name, and those after it whose outcome is not known: one of them is stored. */
  names: string[];
  deleted: 'no' | 'perhaps' | 'yes';
}

/** What clients have seen. */
export interface Lives {
  readonly people: readonly Life[];
  /** Answers that nobody may get, and connections that broke without a kill. */
  readonly strange: readonly string[];
  readonly answers: () => number;
  /** Requests whose outcome is not known, since a kill cut them off. */
  readonly cutOff: () => number;
  /** Ends the load once each request under way has its outcome. */
  stop(): Promise<void>;
}

/** How much is asked of the service. */
interface LoadOptions {
  /** The instance that gets the next request. */
  readonly pick: () => Target;
  /** Lives at the same time. */
  readonly atOnce: number;
  /** Before each request of a life; none by default. */
  readonly pauseMs?: number;
}

/** Changes of the profile between two other steps of a life. */
const RENAMES = 10;

/**
 * People live one after the other, several at once: register, sign in, change their profile and read it, some also
 * their address or password, and some leave.
 */
export function startLives(options: LoadOptions): Lives {
  const people: Life[] = [];
  const strange: string[] = [];
  const counts = { lives: 0, answers: 0, cutOff: 0 };
  let stopped = false;

  /** @returns null when the outcome is not known, or not what a client may get. */
  const ask: Ask = async (status, method, path, sent) => {
    await sleep(options.pauseMs ?? 0);
    const target = options.pick();
    try {
      const reply = await target.call(method, path, sent);
      counts.answers += 1;
      if (reply.status === status) return reply;
      strange.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    } catch (error) {
      if (target.killed) counts.cutOff += 1;
      else strange.push(`${method} ${path}: ${error} ${(error as Error).cause ?? ''}`);
    }
    return null;
  };

  async function loop(): Promise<void> {
    while (!stopped) {
      counts.lives += 1;
      await live(counts.lives, ask, { people, strange, isOver: () => stopped });
    }
  }
  const running = Array.from({ length: options.atOnce }, loop);
  return {
    people,
    strange,
    answers: () => counts.answers,
    cutOff: () => counts.cutOff,
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

type Ask = (status: number, ...call: Parameters<Service['call']>) => Promise<Reply | null>;

interface World {
  readonly people: Life[];
  readonly strange: string[];
  readonly isOver: () => boolean;
}

async function live(number: number, ask: Ask, world: World): Promise<void> {
  const email = `person${number}@example.com`;
  const person = { first_name: 'Ada', last_name: 'Okafor', email, password: PASSWORD };
  const registered = await ask(201, 'POST', '/v1/users', { body: person });
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
  const grant = await ask(201, 'POST', '/v1/sessions', { body: { email, password: PASSWORD } });
  if (grant === null) return;
  life.sessions.push(String(grant.body.session_id));
  const own = createOwnSteps(life, String(grant.body.access_token), ask, world);

  await own.rename();
  if (number % 8 === 1) {
    await ask(401, 'POST', '/v1/sessions', { body: { email, password: 'a wrong password' } });
  }
  if (number % 3 === 0) await own.changeEmail(`moved${number}@example.com`);
  await own.rename();
  // Somebody whose password is not known cannot do more.
  if (number % 4 === 2 && !(await own.changePassword())) return;
  if (number % 3 === 1) await own.leave();
}

/** The steps of somebody who is signed in; an unknown outcome ends none but the life's last ones. */
function createOwnSteps(life: Life, token: string, ask: Ask, world: World) {
  const url = `/v1/users/${life.id}`;
  let password = PASSWORD;

  async function rename(): Promise<void> {
    for (let turn = 0; turn < RENAMES && !world.isOver(); turn += 1) {
      const name = `Name ${life.versions.size} ${life.names.length} ${turn}`;
      life.names.push(name);
      const renamed = await ask(200, 'PATCH', url, { token, body: { last_name: name } });
      if (renamed !== null) {
        life.versions.set(Number(renamed.body.version), 'user.updated');
        life.names = [name];
      }
    }
    const read = await ask(200, 'GET', '/v1/me', { token });
    const newest = Math.max(...life.versions.keys());
    if (read !== null && Number(read.body.version) < newest) {
      world.strange.push(`${life.id} is at ${read.body.version} after ${newest}`);
    }
  }

  return {
    rename,
    async changeEmail(email: string): Promise<void> {
      const body = { email, current_password: password };
      const moved = await ask(200, 'PATCH', url, { token, body });
      if (moved !== null) life.versions.set(Number(moved.body.version), 'user.email_changed');
    },
    /** @returns whether the outcome is known. */
    async changePassword(): Promise<boolean> {
      const body = { current_password: password, new_password: `${PASSWORD} again` };
      const changed = await ask(204, 'PUT', `${url}/password`, { token, body });
      if (changed === null) return false;
      life.passwordChanges += 1;
      password = body.new_password;
      return true;
    },
    async leave(): Promise<void> {
      const body = { current_password: password };
      const left = await ask(204, 'POST', `${url}/deletion`, { token, body });
      life.deleted = left === null ? 'perhaps' : 'yes';
    },
  };
}
