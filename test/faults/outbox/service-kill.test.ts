import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { cheapHashing, type Service, startRealService } from '../support.ts';
import { expectWholeHistory } from './history.ts';
import { startLives, type Target } from './lives.ts';

/** `FAULTS_KILLS=50` is the long form. */
const KILLS = Number(process.env.FAULTS_KILLS ?? '5');
/** Events published before each kill, which follows within `MAX_DELAY_MS`. */
const PUBLISHED_BEFORE = 20;
const MAX_DELAY_MS = 250;
const PATIENCE = { timeoutMs: 30_000, intervalMs: 50 };

interface Instance extends Service, Target {}

test(`the stream has every committed version once and in order after ${KILLS} kills of the service under load`, async ({
  annotate,
}) => {
  const { connectionOptions } = await createTestDatabase();
  const database = await connectPostgres(connectionOptions);
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const env = {
    ...postgresEnvironment(connectionOptions),
    ...cheapHashing,
    SECURITY_MASTER_KEY: createMasterKey(),
    SERVER_PUBLIC_URL: 'http://service.test',
    NATS_SERVERS: nats.url,
    // Shorter than a takeover: the broker alone would not detect the events that the dead instance had sent.
    NATS_DUPLICATE_WINDOW: '2s',
  };
  const start = async (): Promise<Instance> => ({
    ...(await startRealService(env)),
    killed: false,
  });
  let instances = [await start(), await start()];
  let turn = 0;
  const lives = startLives({
    pick: () => {
      turn += 1;
      const up = instances.filter(({ killed }) => !killed);
      const target = up[turn % up.length];
      if (target === undefined) throw new Error('no instance is up');
      return target;
    },
    atOnce: 8,
  });

  let overtaken = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const holder = await findHolder(database, instances);
    const reached = await publishedUpTo(database);
    await eventually(
      async () => expect(await publishedUpTo(database)).toBeGreaterThan(reached + PUBLISHED_BEFORE),
      PATIENCE,
    );
    await sleep(Math.random() * MAX_DELAY_MS);
    // Twice the instance that publishes, then the other one, which serves as many requests.
    const victim = instances.find((one) => (one === holder) === (kill % 3 !== 0));
    if (victim === undefined) throw new Error('both instances publish');
    if (victim === holder) overtaken += 1;
    victim.killed = true;
    await victim.process.kill();
    const successor = await start();
    instances = instances.map((one) => (one === victim ? successor : one));
  }
  await lives.stop();

  expect(lives.unexpected).toEqual([]);
  const figures = await expectWholeHistory(database, nats.url, lives);
  expect(lives.people.length).toBeGreaterThan(KILLS);
  expect((await findLease(database)).epoch).toBeGreaterThan(overtaken);
  for (const { process } of instances) expect(process.hasExited()).toBe(false);
  await annotate(
    `${KILLS} kills (${overtaken} of the publishing instance), ${lives.answers()} answers, ` +
      `${lives.cutOff()} requests cut off; ${JSON.stringify(figures)}`,
  );
}, 1_800_000);

interface Lease {
  readonly epoch: number;
  readonly held: boolean;
}

async function findLease(database: Database): Promise<Lease> {
  const { rows } = await database.query<Lease>(
    `select epoch::int as epoch, expires_at > clock_timestamp() as held from relay_lease`,
  );
  return rows[0] ?? { epoch: 0, held: false };
}

/** The highest marked sequence. */
async function publishedUpTo(database: Database): Promise<number> {
  const { rows } = await database.query<{ sequence: number | null }>(
    'select stream_sequence::int as sequence from relay_lease',
  );
  return rows[0]?.sequence ?? 0;
}

function findHolder(database: Database, instances: readonly Instance[]): Promise<Instance> {
  return eventually(
    async () => {
      const { epoch, held } = await findLease(database);
      const holder = instances.find(({ process }) =>
        process
          .stdout()
          .split('\n')
          .some(
            (line) =>
              line.includes('this instance publishes events') && line.includes(`"epoch":${epoch}`),
          ),
      );
      if (!held || holder === undefined) throw new Error('no instance publishes');
      return holder;
    },
    { ...PATIENCE, what: 'an instance that publishes' },
  );
}
