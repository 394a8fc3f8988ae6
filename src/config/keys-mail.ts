import { derived, optional, withDefault } from './definition.ts';
import { MINUTE_MS, SECOND_MS } from './duration.ts';
import { host, mailbox } from './host-kinds.ts';
import { duration, integer, languageTag, oneOf, path, port, secret, text } from './kinds.ts';

export const mailKeys = {
  'mail.driver': derived(
    oneOf('file', 'smtp'),
    '`file`, or `smtp` if `mail.smtp.host` is set',
    'Destination of mail: a folder, or an SMTP server',
  ),
  'mail.path': withDefault(path(), './data/mail', 'Folder of the `file` driver'),
  'mail.from': withDefault(mailbox(), 'user-service@localhost', 'Sender of every mail'),
  'mail.product_name': withDefault(
    text({ pattern: '^.{1,60}$', expected: 'text of at most 60 characters' }),
    'user-service',
    'What mails call the product',
  ),
  'mail.support_contact': optional(
    text({
      pattern: '^(https://[^\\s<>"]+|[^\\s@<>":/]+@[^\\s@<>":/]+)$',
      expected: 'an e-mail address or an https URL',
    }),
    'E-mail address or https URL of the support, shown in every mail',
  ),
  'mail.default_locale': withDefault(
    languageTag(),
    'en',
    'Language of mails to people without a locale: en, de, fr, es, ar, or one of `mail.templates_dir`',
  ),
  'mail.templates_dir': optional(path(), 'Folder of your own mail templates'),
  'mail.max_per_hour': withDefault(
    integer(1, 1_000_000),
    10_000,
    'Most mails of the whole service in an hour; a fifth is for security notices only',
  ),
  'mail.smtp.host': optional(host(), 'Host name of the SMTP server'),
  'mail.smtp.port': withDefault(port(), 587, 'Port of the SMTP server'),
  'mail.smtp.username': optional(text(), 'User name for SMTP authentication'),
  'mail.smtp.password': optional(secret(), 'Password for SMTP authentication'),
  'mail.smtp.tls': withDefault(
    oneOf('starttls', 'implicit', 'none'),
    'starttls',
    'TLS after `STARTTLS` (required, not optional), TLS from the first byte, or none',
  ),
  'mail.smtp.tls_ca': optional(path(), 'File with the CA certificates to trust (PEM)'),
  'mail.smtp.timeout': withDefault(
    duration(100, 5 * MINUTE_MS),
    10 * SECOND_MS,
    'Timeout of connecting and of each response',
  ),
} as const;
