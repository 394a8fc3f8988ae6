// Keeps a copy of all users: in a table of PostgreSQL with DATABASE_URL, else in memory.
import { httpEvents, mapStore, mirror, pgStore } from '@user-service/client/events';
import pg from 'pg';

const { USERS_URL: url, USERS_KEY: key, DATABASE_URL: connectionString } = process.env;
const pool = connectionString && new pg.Pool({ connectionString });
const copy = mirror({
  source: httpEvents({ url, key }),
  store: pool ? pgStore({ pool, table: 'users' }) : mapStore(new Map()),
  onRetry: ({ error }) => console.warn(String(error)),
});
process.once('SIGTERM', () => copy.stop());
await copy.ready;
console.log('the copy has all users');
await copy.done;
await pool?.end();
