import { expect, test } from 'vitest';
import { noLimits } from '../../../test/support/limits.ts';
import { createPlainHasher, noVerification } from '../../../test/support/ports.ts';
import { profileWith } from '../../../test/support/profiles.ts';
import { emailTaken } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { STRICT_PROFILE_RULES } from '../../domain/user/profile-rules.ts';
import { createSystemClock } from '../../infrastructure/system/clock.ts';
import { createUuidV7Generator } from '../../infrastructure/system/ids.ts';
import type { Principal } from '../access/caller.ts';
import { createRegisterUser } from './register-user.ts';

/** Registers with an address that is free or taken. @returns the calls that cost something, in order. */
async function callsFor(principal: Principal, isTaken: boolean): Promise<readonly string[]> {
  const calls: string[] = [];
  const note = <T>(call: string, result: T): T => {
    calls.push(call);
    return result;
  };
  const unitOfWork: UnitOfWork = {
    run: () =>
      (isTaken ? note('insert', Promise.reject(emailTaken())) : note('insert', undefined)) as never,
  };
  const register = createRegisterUser({
    ...noVerification,
    profileRules: STRICT_PROFILE_RULES,
    users: { findCredentials: async () => note('look-up', isTaken ? ({} as never) : null) },
    unitOfWork,
    hasher: createPlainHasher(() => ({ hash: async () => note('hash', '$argon2id$') })),
    registrationMode: 'open',
    limits: noLimits,
    invitations: { findByToken: async () => null },
    invitationTokens: { read: () => null },
    passwordRules: {
      policy: { minLength: 8, maxLength: 256 },
      blocklist: { rankOf: () => null, directionOf: () => null },
      serviceName: 'user-service',
      breached: {
        failOpen: false,
        lookUp: async () => note('breach look-up', { checked: true, count: 0 }),
      },
    },
    ids: createUuidV7Generator(),
    clock: createSystemClock(),
  });
  const caller = { principal, requestId: 'r', ip: null, userAgent: null };
  const person = { ...profileWith({ email: 'ann@mail.example' }) };
  await register(caller, { ...person, password: 'quiet otter sings 78' }).catch(() => undefined);
  return calls;
}

test('a taken address costs its caller the same calls as a free one', async () => {
  const taken = await callsFor({ kind: 'anonymous' }, true);
  expect(taken).toEqual(['breach look-up', 'hash', 'insert']);
  expect(await callsFor({ kind: 'anonymous' }, false)).toEqual(taken);
});

test('an operator who repeats an import pays no hash for an account that exists', async () => {
  expect(await callsFor({ kind: 'operator' }, true)).toEqual(['look-up']);
});
