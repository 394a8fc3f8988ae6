import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPerson, type Person } from '../../support/api.ts';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { runStatement } from '../../support/superuser.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { cheapHashing, startRealService } from '../support.ts';

const register = (url: string, key: string, person: Person) =>
  fetch(`${url}/v1/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(person),
  });

const PAUSE = `create function pause() returns trigger language plpgsql as
  $$ begin perform pg_sleep(3); return new; end $$`;
const BEFORE_COMMIT =
  'create trigger pause before insert on outbox for each row execute function pause()';
const IN_COMMIT = `create constraint trigger pause after insert on outbox
  deferrable initially deferred for each row execute function pause()`;

test.each([
  ['before its commit', BEFORE_COMMIT, null],
  ['in its commit', IN_COMMIT, 'true'],
  ['after its commit', null, 'true'],
])(
  'a registration whose service is killed %s takes effect once when it is repeated',
  async (_, trigger, replayed) => {
    const { connectionOptions } = await createTestDatabase();
    const env = {
      ...postgresEnvironment(connectionOptions),
      ...cheapHashing,
      SECURITY_MASTER_KEY: createMasterKey(),
    };
    const [victim, other] = [await startRealService(env), await startRealService(env)];
    const [key, person] = [randomUUID(), createPerson()];

    if (trigger === null) {
      expect((await register(victim.url, key, person)).status).toBe(201);
      await victim.process.kill();
    } else {
      for (const statement of [PAUSE, trigger]) await runStatement(connectionOptions, statement);
      const cutOff = register(victim.url, key, person).catch((error: unknown) => error);
      await eventually(async () => {
        const paused = await runStatement(
          connectionOptions,
          "select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
        );
        expect(paused).toHaveLength(1);
      });
      await victim.process.kill();
      expect(await cutOff).toBeInstanceOf(Error);
      // The backend still holds the key.
      const early = await register(other.url, key, person);
      expect([early.status, early.headers.get('retry-after')]).toEqual([409, '1']);
      // Waits for the end of the paused transaction.
      await runStatement(connectionOptions, 'drop function pause cascade');
    }

    const repeated = await register(other.url, key, person);
    expect(repeated.status).toBe(201);
    expect(repeated.headers.get('idempotent-replayed')).toBe(replayed);
    const { id } = (await repeated.json()) as { id: string };
    expect(await runStatement(connectionOptions, 'select id from users')).toEqual([{ id }]);
    expect(await runStatement(connectionOptions, 'select type from outbox')).toEqual([
      { type: 'user.created' },
    ]);
  },
);
