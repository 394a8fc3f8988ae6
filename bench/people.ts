import { randomBytes } from 'node:crypto';

/** A person who is registered and signed in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  /** Access token; it lives for ten minutes. */
  readonly token: string;
  readonly refreshToken: string;
}

/** The people of one database, for all services on it: hashing their passwords takes long. */
export interface People {
  /** Registers and signs in the people at the first call; later, gives them new tokens. */
  on(service: { readonly url: string }): Promise<readonly Person[]>;
  /** For a copy of the database, made now. */
  copy(): People;
}

const PASSWORD = 'velvet anchor 208 drifts past noon';
const JSON_TYPE = { 'content-type': 'application/json' };
/** As many as a small machine hashes at once. */
const AT_ONCE = 4;

export function createPeople(count: number, known: readonly Person[] = []): People {
  let people = known;
  return {
    async on({ url }) {
      const run = randomBytes(4).toString('hex');
      people =
        people.length > 0
          ? await inParallel(people, (person) => refresh(url, person))
          : await inParallel(
              Array.from({ length: count }, (_, n) => `person-${run}-${n}@example.com`),
              (email) => register(url, email),
            );
      return people;
    },
    copy: () => createPeople(count, people),
  };
}

/** The body of a registration; `email` may contain `{{n}}`. */
export function registration(email: string): string {
  return JSON.stringify({ first_name: 'Ada', last_name: 'Okafor', email, password: PASSWORD });
}

/** @throws Error with the response when the status says that it failed */
async function post<T>(url: string, body: string): Promise<T> {
  const response = await fetch(url, { method: 'POST', headers: JSON_TYPE, body });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

async function register(url: string, email: string): Promise<Person> {
  const { id } = await post<{ id: string }>(`${url}/v1/users`, registration(email));
  const tokens = await signIn(url, email);
  return { id, email, password: PASSWORD, ...tokens };
}

async function signIn(url: string, email: string) {
  const body = JSON.stringify({ email, password: PASSWORD });
  return toTokens(await post<Tokens>(`${url}/v1/sessions`, body));
}

async function refresh(url: string, person: Person): Promise<Person> {
  const body = JSON.stringify({ refresh_token: person.refreshToken });
  return { ...person, ...toTokens(await post<Tokens>(`${url}/v1/sessions/refresh`, body)) };
}

function toTokens({ access_token: token, refresh_token: refreshToken }: Tokens) {
  return { token, refreshToken };
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
