import { unwrap } from '@user-service/client';
import { consume, httpEvents, mapStore, mirror } from '@user-service/client/events';
import { client, key, register, until, url } from './kit.mjs';

/** A consumer that is stopped and goes on, and an event that is handled again. */
export async function consumer() {
  const { id } = await register('Ada');
  const saved = [];
  const positions = {
    load: async () => saved.at(-1) ?? null,
    save: async (position) => void saved.push(position),
  };
  const seen = [];
  let fails = true;
  const handle = ({ type, userVersion }, { attempt }) => {
    seen.push([type, userVersion, attempt]);
    if (fails) {
      fails = false;
      throw new Error('for a while');
    }
  };
  const retry = { firstMs: 1, maxMs: 2 };
  const start = () =>
    consume({ source: httpEvents({ url, key, positions }), user: id, handle, retry });
  const first = start();
  await until('the first event', () => seen.length === 2);
  await first.stop();
  unwrap(await client.users.update(id, { first_name: 'Eve' }));
  const second = start();
  await until('the second event', () => seen.length === 3);
  // Stopped while a request waits for the next event.
  await second.stop();
  return seen;
}

/** A copy of all users, which follows changes and deletions. */
export async function copy() {
  const ada = await register('Ada');
  const bo = await register('Bo');
  const rows = new Map();
  const fields = ['first_name', 'email'];
  const running = mirror({ source: httpEvents({ url, key }), store: mapStore(rows, { fields }) });
  await running.ready;
  const filled = [rows.get(ada.id)?.first_name, rows.get(bo.id)?.email === bo.email];
  unwrap(await client.users.update(ada.id, { first_name: 'Eve' }));
  unwrap(await client.users.delete(bo.id));
  await until('the changes', () => !rows.has(bo.id) && rows.get(ada.id)?.first_name === 'Eve');
  rows.delete(ada.id);
  const { repaired } = await running.reconcile();
  await running.stop();
  const row = rows.get(ada.id) ?? {};
  return { filled, repaired: repaired.map(({ kind }) => kind), name: row.first_name };
}
