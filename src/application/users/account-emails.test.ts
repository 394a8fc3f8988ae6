import { describe, expect, it } from 'vitest';
import { profileWith } from '../../../test/support/profiles.ts';
import type { PersonName } from '../../domain/user/person-name.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import { emailChangedEmails, passwordChangedEmail } from './account-emails.ts';

const ada: UserProfile = {
  id: '0198c0de-0000-7000-8000-00000000000a',
  ...profileWith({ firstName: 'Ada', lastName: 'Okafor', email: 'ada@example.com' }),
  emailVerified: false,
  status: 'active',
  version: 3,
  createdAt: new Date('2026-01-02T03:04:05.678Z'),
  updatedAt: new Date('2026-11-05T23:10:59.999Z'),
};

describe('account e-mails', () => {
  it('say what changed, when, and what to do', () => {
    expect(passwordChangedEmail(ada, 'acme')).toEqual({
      userId: ada.id,
      kind: 'password_changed',
      to: 'ada@example.com',
      subject: 'Your acme password was changed',
      text: `Hello Ada,

The password of your acme account was changed on 5 November 2026, 23:10 UTC. All your other sessions were signed out.

If you made this change, you do not need to do anything.

If you did not, someone else may have access to your account. If you can still sign in, change your password and end your other sessions. In any case, tell the people who run acme.
`,
    });
  });

  it('go to the former and the new address, and neither names the other', () => {
    const [former, current, ...others] = emailChangedEmails(ada, 'old@example.com', 'acme');
    expect(others).toEqual([]);
    expect([former?.to, current?.to]).toEqual(['old@example.com', 'ada@example.com']);
    expect(former?.text).toContain('This address no longer works for signing in.');
    expect(current?.text).toContain('changed to this address on 5 November 2026, 23:10 UTC.');
    expect(`${former?.text}${current?.text}`).not.toContain('@');
  });

  it.each(['Zoë', 'Anne-Marie', 'D’Arcy', "O'Neil", '愛子', 'नीलम'])('greet %s by name', (name) => {
    const { text } = passwordChangedEmail({ ...ada, firstName: name as PersonName }, 'acme');
    expect(text).toMatch(new RegExp(`^Hello ${name},\n`));
  });

  it.each(['evil.example', 'http://evil', 'Win 1000', 'a@b', 'Ada!', 'x'.repeat(41)])(
    'leave out the first name %j, which could carry a message',
    (name) => {
      const { text } = passwordChangedEmail({ ...ada, firstName: name as PersonName }, 'acme');
      expect(text).toMatch(/^Hello,\n/);
      expect(text).not.toContain(name);
    },
  );
});
