import { expect, test } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { register, startRealService } from '../support.ts';

/** Few by default; `npm run test:faults` runs 50. */
const ROUNDS = Number(process.env.FAULTS_STARTS ?? '3');
const INSTANCES = 3;

test(
  `${INSTANCES} instances started together on an empty database all come up, in ${ROUNDS} rounds`,
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { connectionOptions } = await createTestDatabase({ template: 'template0' });
      const env = {
        ...postgresEnvironment(connectionOptions),
        SECURITY_MASTER_KEY: createMasterKey(),
      };
      const services = await Promise.all(
        Array.from({ length: INSTANCES }, () => startRealService(env)),
      );
      const replies = await Promise.all(
        services.map((service, index) => register(service, `start-${index}@example.com`)),
      );
      expect(replies.map(({ status }) => status)).toEqual(Array(INSTANCES).fill(201));
      await Promise.all(services.map((service) => service.process.stop()));
    }
  },
  30_000 + ROUNDS * 30_000,
);
