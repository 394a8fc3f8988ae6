import { MAIL_KINDS, type MailKind } from '../../src/domain/mail.ts';

export { exampleMail as mailBody } from '../../src/infrastructure/mail/example-mails.ts';

export const ALL_MAIL_KINDS = Object.keys(MAIL_KINDS) as readonly MailKind[];
