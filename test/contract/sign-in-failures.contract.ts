import { describe, expect, test } from 'vitest';
import type { Counter } from '../../src/domain/lockout/sign-in-failures.ts';
import type { EmailAddress } from '../../src/domain/user/email-address.ts';
import { createPostgresSignInFailures } from '../../src/infrastructure/database/postgres/sign-in-failures.ts';
import type { DatabaseImplementation } from './databases.ts';
import { hashOf, storeUser, useDatabase } from './fixtures.ts';

const rules = { free: 3, maxWaitMs: 30_000, stop: 10 };

function counterOf(name: string, over: Partial<Counter> = {}): Counter {
  return { accountKey: hashOf(name), factor: 'password', deviceId: null, ...over };
}

export function describeSignInFailuresContract(implementation: DatabaseImplementation): void {
  describe(`SignInFailures (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const failures = () => createPostgresSignInFailures(database());

    /** Moves all counters into the past, as if the time had passed. */
    const pass = (seconds: number) =>
      database().query(
        `update sign_in_failures set last_at = last_at - $1 * interval '1 second',
           blocked_until = blocked_until - $1 * interval '1 second'`,
        [seconds],
      );

    /** Waits that attempts need, in whole seconds; each wait passes. 0 without one. */
    async function waitsOf(counter: Counter, attempts: number): Promise<number[]> {
      const waits: number[] = [];
      for (let count = 0; count < attempts; count += 1) {
        let claim = await failures().claim(counter, rules);
        if ('waitMs' in claim) {
          const seconds = Math.ceil(claim.waitMs / 1_000);
          waits.push(seconds);
          await pass(seconds);
          claim = await failures().claim(counter, rules);
        } else waits.push(0);
        expect(claim).toEqual({ counted: count + 1 });
      }
      return waits;
    }

    test('the wait begins after the free attempts, doubles, and stays at its longest', async () => {
      expect(await waitsOf(counterOf('ada'), 10)).toEqual([0, 0, 0, 0, 2, 4, 8, 16, 30, 30]);
    });

    test('after the last attempt the counter is closed until it was quiet for a day', async () => {
      await waitsOf(counterOf('ada'), 10);
      const refused = await failures().claim(counterOf('ada'), rules);
      expect('waitMs' in refused && Math.ceil(refused.waitMs / 3_600_000)).toBe(24);
      await pass(86_000);
      expect(await failures().claim(counterOf('ada'), rules)).toHaveProperty('waitMs');
      await pass(401);
      expect(await failures().claim(counterOf('ada'), rules)).toEqual({ counted: 1 });
    });

    test('of 50 parallel attempts none is counted beyond the budget', async () => {
      // The last attempt closes the counter, so that no wait can end while the test runs.
      const closing = { ...rules, stop: 4 };
      const claims = await Promise.all(
        Array.from({ length: 50 }, () => failures().claim(counterOf('ada'), closing)),
      );
      const counted = claims.flatMap((claim) => ('counted' in claim ? [claim.counted] : []));
      expect(counted.sort()).toEqual([1, 2, 3, 4]);
    });

    test('an attempt while a wait lasts changes nothing', async () => {
      await waitsOf(counterOf('ada'), 4);
      const before = await failures().list([hashOf('ada')]);
      await failures().claim(counterOf('ada'), rules);
      expect(await failures().list([hashOf('ada')])).toEqual(before);
      expect(before).toMatchObject([{ factor: 'password', knownDevice: false, failures: 4 }]);
    });

    test('accounts, factors and known devices have counters of their own', async () => {
      await waitsOf(counterOf('ada'), 4);
      const others = [
        counterOf('eve'),
        counterOf('ada', { factor: 'code' }),
        counterOf('ada', { deviceId: 'phone' }),
        counterOf('ada', { deviceId: 'desk' }),
      ];
      for (const other of others) {
        expect(await failures().claim(other, rules)).toEqual({ counted: 1 });
      }
    });

    test('an attempt that was not judged is taken back, with the wait that it began', async () => {
      await waitsOf(counterOf('ada'), 3);
      expect(await failures().claim(counterOf('ada'), rules)).toEqual({ counted: 4 });
      await failures().release(counterOf('ada'), 4);
      expect(await failures().claim(counterOf('ada'), rules)).toEqual({ counted: 4 });
    });

    test('a success ends the counter of its device, and those of other devices and factors stay', async () => {
      const [phone, desk] = [
        counterOf('ada', { deviceId: 'phone' }),
        counterOf('ada', { deviceId: 'desk' }),
      ];
      for (const counter of [counterOf('ada'), phone, desk, counterOf('ada', { factor: 'code' })]) {
        await failures().claim(counter, rules);
      }
      await failures().clear(phone, rules);
      expect(await failures().list([hashOf('ada')])).toMatchObject([
        { factor: 'code', knownDevice: false },
        { factor: 'password', knownDevice: false, failures: 1 },
        { factor: 'password', knownDevice: true },
      ]);
      await failures().clear(counterOf('ada'), rules);
      expect(await failures().list([hashOf('ada')])).toMatchObject([
        { factor: 'code', knownDevice: false },
        { factor: 'password', knownDevice: true },
      ]);
      await failures().clearAll([hashOf('ada')]);
      expect(await failures().list([hashOf('ada')])).toEqual([]);
    });

    test('a success on a known device opens a closed counter of unknown devices for one attempt', async () => {
      await waitsOf(counterOf('ada'), 10);
      await failures().clear(counterOf('ada', { deviceId: 'phone' }), rules);
      expect(await failures().claim(counterOf('ada'), rules)).toEqual({ counted: 4 });
      expect(await failures().claim(counterOf('ada'), rules)).toHaveProperty('waitMs');
    });

    test('one statement counts a sign-in and reads the credentials of its address', async () => {
      const { state } = await storeUser(database());
      const known = await failures().claimSignIn(counterOf('known'), state.email, rules);
      expect(known).toMatchObject({ claim: { counted: 1 }, credentials: { userId: state.id } });
      const nobody = 'nobody@example.com' as EmailAddress;
      const unknown = await failures().claimSignIn(counterOf('unknown'), nobody, rules);
      expect(unknown).toEqual({ claim: { counted: 1 }, credentials: null });
    });

    test('deletes quiet counters only, up to a limit', async () => {
      await failures().claim(counterOf('a'), rules);
      await failures().claim(counterOf('b'), rules);
      await pass(86_401);
      await failures().claim(counterOf('c'), rules);
      expect([await failures().deleteQuiet(1), await failures().deleteQuiet(5)]).toEqual([1, 1]);
      expect(await failures().list([hashOf('c')])).toHaveLength(1);
    });
  });
}
