import { describe, expect, it } from 'vitest';
import { emailChangedMails, passwordChangedMail } from './account-mails.ts';

const ada = {
  id: '0198c0de-0000-7000-8000-00000000000a',
  firstName: 'Ada',
  email: 'ada@example.com',
  locale: 'pt-BR',
  updatedAt: new Date('2026-11-05T23:10:59.999Z'),
} as Parameters<typeof passwordChangedMail>[0];

describe('mails about an account', () => {
  it('say that the password was changed, and when', () => {
    expect(passwordChangedMail(ada)).toEqual({
      userId: ada.id,
      to: 'ada@example.com',
      locale: 'pt-BR',
      firstName: 'Ada',
      kind: 'password_changed',
      data: { changed_at: ada.updatedAt },
    });
  });

  it('go to the former and the new address, and neither names the other', () => {
    const mails = emailChangedMails(ada, 'old@example.com', 'https://x.example/#t=1');
    expect(mails.map(({ kind, to }) => [kind, to])).toEqual([
      ['email_changed_former', 'old@example.com'],
      ['email_changed', 'ada@example.com'],
    ]);
    for (const { to: _to, ...rest } of mails) expect(JSON.stringify(rest)).not.toContain('@');
  });
});
