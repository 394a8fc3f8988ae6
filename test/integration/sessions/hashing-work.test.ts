import { describe, expect, it } from 'vitest';
import { createLockout } from '../../../src/application/lockout/lockout.ts';
import { createIssueTokens } from '../../../src/application/sessions/issue-tokens.ts';
import { createRecordFailedAuthentication } from '../../../src/application/sessions/record-failed-authentication.ts';
import { createSignIn } from '../../../src/application/sessions/sign-in.ts';
import { createStartSession } from '../../../src/application/sessions/start-session.ts';
import type { AccessTokens } from '../../../src/domain/session/access-tokens.ts';
import { STRICT_PROFILE_RULES } from '../../../src/domain/user/profile-rules.ts';
import { createPostgresSignInFailures } from '../../../src/infrastructure/database/postgres/sign-in-failures.ts';
import { createUnitOfWork } from '../../../src/infrastructure/database/postgres/unit-of-work.ts';
import type { Database, SqlConnection } from '../../../src/infrastructure/database/sql.ts';
import { createMasterKeys } from '../../../src/infrastructure/security/master-key.ts';
import { createRefreshTokens } from '../../../src/infrastructure/security/refresh-tokens.ts';
import { createSystemClock } from '../../../src/infrastructure/system/clock.ts';
import { databaseImplementations } from '../../contract/databases.ts';
import { ids, register } from '../../contract/fixtures.ts';
import { noLimits } from '../../support/limits.ts';
import { plainAccountKeys, plainDeviceTokens } from '../../support/lockout.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { testMailSeal } from '../../support/mail-seal.ts';
import { anonymous, createPlainHasher, noVerification, portWith } from '../../support/ports.ts';

describe.each(databaseImplementations)('the work of a failed sign-in on $name', ({ open }) => {
  it('is the same statements and one hash for an unknown address, a wrong password and a disabled user', async () => {
    const { database, statements } = counting(await open());
    try {
      const hasher = createPlainHasher();
      const signIn = signInOver(database, hasher);
      const { state: known } = await register(database, { email: 'known@example.com' });
      const { state: disabled } = await register(database, { email: 'disabled@example.com' });
      await database.query(`update users set password = 'new:right', status = $1 where id = $2`, [
        'disabled',
        disabled.id,
      ]);
      const work: unknown[] = [];
      for (const email of ['nobody@example.com', known.email, disabled.email]) {
        statements.length = 0;
        hasher.calls.length = 0;
        await expect(signIn(anonymous, { email, password: 'right' })).rejects.toMatchObject({
          code: 'invalid_credentials',
        });
        expect(hasher.calls).toHaveLength(1);
        work.push([...statements]);
      }
      expect(work[0]).toHaveLength(2);
      expect(work[1]).toEqual(work[0]);
      expect(work[2]).toEqual(work[0]);
    } finally {
      await database.close();
    }
  });
});

function signInOver(database: Database, hasher: ReturnType<typeof createPlainHasher>) {
  const logger = createSilentLogger();
  const clock = createSystemClock();
  const unitOfWork = createUnitOfWork({
    database,
    ids,
    clock,
    logger,
    mailSeal: testMailSeal,
    onCommitted: async () => {},
  });
  const signInFailures = createPostgresSignInFailures(database);
  return createSignIn({
    audiences: ['user-service'],
    ...noVerification,
    profileRules: STRICT_PROFILE_RULES,
    limits: noLimits,
    signInFailures,
    lockout: createLockout({
      signInFailures,
      lockoutRules: { free: 5, maxWaitMs: 900_000, stop: 100 },
      monotonicMs: () => performance.now(),
      logger,
    }),
    accountKeys: plainAccountKeys,
    deviceTokens: plainDeviceTokens,
    unitOfWork,
    clock,
    hasher,
    startSession: createStartSession({
      refreshTokens: createRefreshTokens({ masterKeys: createMasterKeys(Buffer.alloc(32, 7)) }),
      lifetimes: { idleTtlMs: 60_000, absoluteTtlMs: 60_000 },
      maxSessionsPerUser: 100,
      ids,
    }),
    issueTokens: createIssueTokens({ accessTokens: portWith<AccessTokens>({}), accessTtlMs: 1 }),
    recordFailure: createRecordFailedAuthentication({
      ...{ unitOfWork, clock, logger },
      resetPasswordUrl: 'https://users.test/reset',
    }),
    logger,
  });
}

/** A database that records the texts of its statements, including those in transactions. */
function counting(database: Database): { database: Database; statements: string[] } {
  const statements: string[] = [];
  const watch = (connection: SqlConnection): SqlConnection => ({
    query(text, values, name) {
      statements.push(text);
      return connection.query(text, values, name);
    },
  });
  const watched: Database = {
    ...database,
    ...watch(database),
    transaction: (work) =>
      database.transaction((connection, commitWithNext) => work(watch(connection), commitWithNext)),
  };
  return { database: watched, statements };
}
