import { expect, onTestFinished } from 'vitest';
import { type Api, createApi, type Grant, patientHashing } from '../../support/api.ts';
import { createMasterKey, createTestApp } from '../../support/app.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type PostgresOptions, startPostgres } from '../../support/postgres-server.ts';
import { cheapHashing } from '../support.ts';

/** How long an ended session may pass on another instance (README). */
const MAX_DELAY_MS = 1_000;

const DATABASE = 'instances';

/** Two listening instances on a private PostgreSQL server; all end with the test. */
export async function startTwoInstances(
  options: PostgresOptions,
  settings: Readonly<Record<string, string>> = {},
) {
  const server = await startPostgres(options);
  onTestFinished(() => server.stop());
  const connection = await server.createDatabase(DATABASE);
  const logger = createRecordingLogger();
  const env = {
    ...patientHashing,
    ...cheapHashing,
    // As by default: a commit that is not confirmed is answered after it.
    SERVER_REQUEST_DEADLINE: '5s',
    SECURITY_MASTER_KEY: createMasterKey(),
    DATABASE_STATEMENT_TIMEOUT: '1s',
    ...settings,
  };
  const apis: Api[] = [];
  for (let instance = 0; instance < 2; instance += 1) {
    const app = await createTestApp({
      hashing: 'configured',
      database: 'postgres',
      connection,
      env,
      logger,
    });
    onTestFinished(async () => void (await app.stop()));
    await app.listen();
    apis.push(createApi(app));
  }
  const [here, there] = apis as [Api, Api];
  const query = (sql: string) => server.query(sql, DATABASE);
  return { server, query, here, there, logger };
}

export type TwoInstances = Awaited<ReturnType<typeof startTwoInstances>>;

/** Sessions of one user each that both instances have verified and cached. */
export async function startKnownSessions(
  { here, there }: Pick<TwoInstances, 'here' | 'there'>,
  count: number,
): Promise<Grant[]> {
  const grants: Grant[] = [];
  for (let index = 0; index < count; index += 1) {
    grants.push(await here.signIn(await here.register()));
  }
  for (const { access_token: token } of grants) {
    expect([await here.statusOf(token), await there.statusOf(token)]).toEqual([200, 200]);
  }
  return grants;
}

/** Uses every token again and again for a while. @returns what was let in later than the bound after `endedAtMs`. */
export async function findLetIn(
  apis: readonly Api[],
  grants: readonly Grant[],
  endedAtMs: number,
  forMs: number,
): Promise<readonly string[]> {
  const letIn: string[] = [];
  let checks = 0;
  while (performance.now() < endedAtMs + MAX_DELAY_MS + forMs) {
    for (const [instance, api] of apis.entries()) {
      for (const { access_token: token, session_id: id } of grants) {
        const afterMs = performance.now() - endedAtMs;
        const status = await api.statusOf(token);
        expect([200, 401]).toContain(status);
        if (afterMs <= MAX_DELAY_MS) continue;
        checks += 1;
        if (status === 200) letIn.push(`${id} on instance ${instance} after ${afterMs} ms`);
      }
    }
  }
  expect(checks).toBeGreaterThan(grants.length);
  return letIn;
}
