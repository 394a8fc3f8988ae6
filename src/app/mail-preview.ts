import type { Config } from '../config/schema.ts';
import { isMailKind, MAIL_KINDS, type MailKind } from '../domain/mail.ts';
import { exampleMail } from '../infrastructure/mail/example-mails.ts';
import { composeMessage } from '../infrastructure/mail/file-mailer.ts';
import { parseMailbox } from '../infrastructure/mail/mail-message.ts';
import type { MailPreviews } from '../interfaces/cli/mail-preview.ts';
import { openMailRenderer } from './mail-templates.ts';

const RECIPIENT = 'zoe@example.com';

/** Renders mails with made-up values, as the configured service would write them. Needs no service and no database. */
export async function openMailPreviews(config: Config['mail']): Promise<MailPreviews> {
  const renderer = await openMailRenderer(config);
  const kinds = await Promise.all(
    (Object.keys(MAIL_KINDS) as MailKind[]).map(async (kind) => ({
      kind,
      locales: await renderer.localesOf(kind),
    })),
  );
  return {
    kinds,
    async render(kind, locale) {
      if (!isMailKind(kind)) throw new Error(`there is no kind ${kind}`);
      const body = exampleMail(kind, { locale });
      const rendered = await renderer.render(body);
      const mail = { ...rendered, to: RECIPIENT, messageId: 'preview@example.com' };
      const eml = await composeMessage(parseMailbox(config.from), mail);
      const { text, html = '' } = rendered;
      return { locale: await renderer.localeOf(body), html, text, eml };
    },
  };
}
