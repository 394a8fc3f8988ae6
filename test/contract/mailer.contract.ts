import { describe, expect, it } from 'vitest';
import type { Mail, Mailer } from '../../src/domain/mail.ts';

export interface MailerSetting {
  readonly mailer: Mailer;
  /** What arrived at the next hop. */
  delivered(): Promise<readonly Mail[]>;
}

const mail: Mail = {
  to: 'ada.okafor@example.com',
  subject: 'Your password was changed',
  text: 'The password of your account was changed.\nIf you did not do this, tell us.',
};

export function describeMailerContract(name: string, open: () => Promise<MailerSetting>): void {
  describe(`Mailer contract: ${name}`, () => {
    it('delivers recipient, subject and text unchanged, in the order of sending', async () => {
      const { mailer, delivered } = await open();
      const second = { ...mail, to: 'grace@example.com', subject: 'Grüße \u2014 日本語' };
      await mailer.send(mail);
      await mailer.send(second);
      expect(await delivered()).toEqual([mail, second]);
    });

    it.each(['\r\nBcc: eve@example.com', '\nX: y', '\r', '\0'])(
      'refuses %j in recipient and subject, and delivers nothing',
      async (injected) => {
        const { mailer, delivered } = await open();
        await expect(mailer.send({ ...mail, to: `${mail.to}${injected}` })).rejects.toThrow();
        await expect(
          mailer.send({ ...mail, subject: `${mail.subject}${injected}` }),
        ).rejects.toThrow();
        expect(await delivered()).toEqual([]);
      },
    );
  });
}
