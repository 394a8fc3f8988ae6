import { describe, expect, it } from 'vitest';
import type { BreachAnswer, PreparedPassword } from '../../domain/user/password.ts';
import { refuseBreachedPassword } from './password-rules.ts';

const password = 'quiet otter sings at dawn' as PreparedPassword;

function refuse(answer: BreachAnswer, failOpen = true): Promise<void> {
  const breached = { failOpen, lookUp: async () => answer };
  return refuseBreachedPassword({ breached }, 'password', password);
}

describe('a password that may be known from a breach', () => {
  it('is rejected under its field when it was seen, even once', async () => {
    await expect(refuse({ checked: true, count: 1 })).rejects.toMatchObject({
      code: 'validation_failed',
      fields: [{ field: 'password', code: 'password_breached' }],
    });
  });

  it.each<[string, BreachAnswer]>([
    ['it was never seen', { checked: true, count: 0 }],
    ['the look-up fails', { checked: false }],
  ])('is accepted when %s', async (_what, answer) => {
    await expect(refuse(answer)).resolves.toBeUndefined();
  });

  it('is unavailable when the look-up fails and failOpen is false', async () => {
    await expect(refuse({ checked: false }, false)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(refuse({ checked: true, count: 0 }, false)).resolves.toBeUndefined();
  });

  it('is accepted when the look-up is off', async () => {
    await expect(refuseBreachedPassword({}, 'password', password)).resolves.toBeUndefined();
  });
});
