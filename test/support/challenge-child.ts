/** Serves waiting registrations and requests for challenges in a separate process that tests kill. argv[2]: the database. */

import { accountLinks, challengeSettings } from '../../src/app/challenges.ts';
import { createServeRegistrationRequests } from '../../src/application/users/serve-registration-requests.ts';
import { createServeChallengeRequests } from '../../src/application/verification/serve-challenge-requests.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createPostgresChallengeStore } from '../../src/infrastructure/database/postgres/challenge-repository.ts';
import { createPostgresDatabase } from '../../src/infrastructure/database/postgres/pool.ts';
import { createUnitOfWork } from '../../src/infrastructure/database/postgres/unit-of-work.ts';
import { createChallengeSecrets } from '../../src/infrastructure/security/challenge-secrets.ts';
import { createMasterKeys } from '../../src/infrastructure/security/master-key.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../src/infrastructure/system/ids.ts';
import { startLoop } from '../../src/interfaces/worker/loop.ts';
import { createSilentLogger } from './logger.ts';
import { TEST_MASTER_KEY, testMailSeal } from './mail-seal.ts';
import { postgresSettings } from './postgres-database.ts';

const [, , connection = '{}'] = process.argv;
const logger = createSilentLogger();
const ids = createUuidV7Generator();
const { config } = await loadConfig({ env: {}, cwd: '/nonexistent' });
const database = await createPostgresDatabase(postgresSettings(JSON.parse(connection)), { logger });
const clock = createSystemClock();
const deps = {
  ...{ ids, logger, clock, limits: { allow: async () => true } },
  challengeStore: createPostgresChallengeStore(database),
  secrets: createChallengeSecrets({
    masterKeys: createMasterKeys(Buffer.from(TEST_MASTER_KEY, 'base64')),
  }),
  unitOfWork: createUnitOfWork({
    ...{ database, ids, logger, mailSeal: testMailSeal, clock },
    onCommitted: async () => {},
  }),
  settings: challengeSettings(config),
  links: accountLinks(config),
};
const registrations = createServeRegistrationRequests(deps);
startLoop({ name: 'registration requests', intervalMs: 1, run: registrations }, { logger });
const challenges = createServeChallengeRequests(deps);
startLoop({ name: 'challenge requests', intervalMs: 1, run: challenges }, { logger });
process.stdout.write('serving\n');
