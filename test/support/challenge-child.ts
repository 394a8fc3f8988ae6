/** Serves requests for challenges in a separate process that tests kill. argv[2]: the database. */

import { accountLinks, challengeSettings } from '../../src/app/challenges.ts';
import { createServeChallengeRequests } from '../../src/application/verification/serve-challenge-requests.ts';
import { loadConfig } from '../../src/config/load.ts';
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
const serve = createServeChallengeRequests({
  ...{ ids, logger },
  secrets: createChallengeSecrets({
    masterKeys: createMasterKeys(Buffer.from(TEST_MASTER_KEY, 'base64')),
  }),
  unitOfWork: createUnitOfWork({
    ...{ database, ids, logger, mailSeal: testMailSeal, clock: createSystemClock() },
    onCommitted: async () => {},
  }),
  settings: challengeSettings(config),
  links: accountLinks(config),
});
startLoop({ name: 'challenge requests', intervalMs: 1, run: serve }, { logger });
process.stdout.write('serving\n');
