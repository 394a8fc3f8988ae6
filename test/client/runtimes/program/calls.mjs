import { unwrap, userService } from '@user-service/client';
import { client, key, problemOf, register, url } from './kit.mjs';

/** Calls of the service, and the problems that it answers with. */
export async function calls() {
  const { users, profiles, tokens, events, me, sessions } = client;
  const { id, email, password, lastName } = await register('Ada');
  const other = await register('Bo', lastName);
  const renamed = unwrap(await users.update(id, { first_name: 'Eve' }, { ifVersion: 1 }));
  const listed = [];
  for await (const user of users.list({ q: lastName, limit: 1 })) listed.push(user.first_name);
  // Three requests, since one takes 500 ids.
  const strangers = Array.from({ length: 1_200 }, () => crypto.randomUUID());
  const found = unwrap(await users.batch([...strangers, other.id, id]));
  const names = unwrap(await profiles.byId([id, ...strangers]));
  const { access_token: token } = unwrap(await sessions.signIn({ email, password }));
  const own = unwrap(await me.get({ token }));
  const exported = await unwrap(await users.export()).text();
  const page = await unwrap(await events.read({ user: id })).text();
  const keys = unwrap(await tokens.keySet());
  const person = { first_name: 'Ada', last_name: 'Bo', email, password };
  const invalid = await users.register({ ...person, email: 'no address' });
  return {
    renamed: [renamed.first_name, renamed.version],
    listed: listed.sort(),
    found: [...found.values()].map((user) => user.first_name),
    names: [...names.values()].map((profile) => profile.first_name),
    isOwn: own.id === id,
    isExported: exported.includes(email),
    events: page.match(/"type":"[^"]+"/g),
    keys: keys.keys.map(({ alg }) => alg),
    problems: [
      await problemOf(users.update(id, { first_name: 'Ada' }, { ifVersion: 1 })),
      await problemOf(users.register(person)),
      await problemOf(users.get(crypto.randomUUID())),
      await problemOf(userService({ url, key: `${key}0` }).users.get(id)),
    ],
    invalid: invalid.problem.errors.map(({ pointer }) => pointer),
  };
}
