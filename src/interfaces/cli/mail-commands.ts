import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import {
  addDeadLetterCommands,
  createRunAtService,
  OPERATOR_NOTE,
} from './dead-letter-commands.ts';
import type { DeadLetterKind } from './dead-letters.ts';
import { addMailReports } from './diagnostic-commands.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import { type MailPreviewOptions, runMailPreview } from './mail-preview.ts';

const MAIL_DEAD_LETTERS: DeadLetterKind = {
  operations: 'mailDeadLetters',
  columns: {
    ID: 'id',
    KIND: 'kind',
    QUEUED: 'created_at',
    'DEAD SINCE': 'dead_at',
    ATTEMPTS: 'attempts',
    ERROR: 'last_error',
  },
};

const NOTE =
  'A mail becomes a dead letter when the mail server rejects it permanently, or after 100 attempts in ' +
  'about three days, when its code or link expires, or when it is over a limit. It is kept for 24 ' +
  'hours. Recipient and content are not shown: they are personal data. The content of a mail with ' +
  'a code or a link is deleted, so such a mail cannot be requeued. The log line about the dead ' +
  'letter has mail_id and user_id.';

/** Adds `mail preview`, `mail queue | retry` and `mail dead-letters list | requeue | drop`. */
export function addMailCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('mail').description('preview mails, and handle mail that could not be sent'),
    {
      notes: [OPERATOR_NOTE],
      examples: [['user-service mail dead-letters list', 'mail that could not be sent']],
      exit: ['done', 'failed'],
    },
  );
  addPreview(group, deps, setExit);
  const run = createRunAtService(deps, setExit);
  addMailReports(group, run);
  addDeadLetterCommands(
    group,
    MAIL_DEAD_LETTERS,
    {
      parent: 'mail',
      description: 'list, requeue or drop mail that could not be sent',
      note: NOTE,
      dropped: 'the mail is never sent',
    },
    run,
  );
}

function addPreview(group: Command, deps: CliDeps, setExit: SetExitCode): void {
  documented(
    group
      .command('preview')
      .description('write a mail with made-up values into files, to look at its templates')
      .argument('[kind]', 'the kind of mail; without it, kinds and locales are listed')
      .option('--locale <tag>', 'BCP 47 tag; `mail.default_locale` by default')
      .option('--out <path>', 'a folder, or a file that ends in .html, .txt or .eml', '.')
      .option(...JSON_FLAG)
      .action(async (kind: string | undefined, options: MailPreviewOptions) =>
        setExit(await runMailPreview(kind, options, deps)),
      ),
    {
      notes: [
        'It uses the configuration of the service, such as mail.templates_dir and mail.product_name. ' +
          'No service needs to run, and nothing is sent. Files of the same name are replaced.',
      ],
      examples: [
        ['user-service mail preview', 'kinds and their locales'],
        ['user-service mail preview verify_email --locale de --out preview', 'three files'],
      ],
      exit: [
        'written or listed',
        'a template or the configuration is wrong, or a file cannot be written',
      ],
    },
  );
}
