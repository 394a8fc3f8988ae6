import { describe, expect, it } from 'vitest';
import type { Mail, Mailer } from '../../src/domain/mail.ts';

/** A mailer, and what came out at its other end. */
export interface MailerSetting {
  readonly mailer: Mailer;
  delivered(): Promise<readonly Mail[]>;
}

const mail: Mail = {
  to: 'ada.okafor@example.com',
  subject: 'Your password was changed',
  text: 'Somebody changed the password of your account.\nWas it not you? Tell us.',
};

/** What every mailer does. */
export function describeMailerContract(name: string, open: () => Promise<MailerSetting>): void {
  describe(`Mailer contract: ${name}`, () => {
    it('hands over recipient, subject and text as they are, in the order of sending', async () => {
      const { mailer, delivered } = await open();
      const second = { ...mail, to: 'grace@example.com', subject: 'Grüße \u2014 日本語' };
      await mailer.send(mail);
      await mailer.send(second);
      expect(await delivered()).toEqual([mail, second]);
    });

    it.each(['\r\nBcc: eve@example.com', '\nX: y', '\r', '\0'])(
      'refuses %j in the recipient and in the subject, and delivers nothing',
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
