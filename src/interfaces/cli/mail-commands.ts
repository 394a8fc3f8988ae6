import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import {
  addDeadLetterCommands,
  createRunAtService,
  OPERATOR_NOTE,
} from './dead-letter-commands.ts';
import type { DeadLetterKind } from './dead-letters.ts';
import { documented, type SetExitCode } from './help.ts';

const MAIL_DEAD_LETTERS: DeadLetterKind = {
  path: '/v1/mail/dead-letters',
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
  'about three days. It is kept for 24 hours. Recipient, subject and text are not shown: they are ' +
  'personal data. The log line about the dead letter has mail_id and user_id.';

/** Adds `mail dead-letters list | requeue | drop`. */
export function addMailCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('mail').description('handle mail that could not be sent'),
    {
      notes: [OPERATOR_NOTE],
      examples: [['user-service mail dead-letters list', 'mail that could not be sent']],
      exit: ['done', 'failed'],
    },
  );
  addDeadLetterCommands(
    group,
    MAIL_DEAD_LETTERS,
    {
      parent: 'mail',
      description: 'list, requeue or drop mail that could not be sent',
      note: NOTE,
      dropped: 'the mail is never sent',
    },
    createRunAtService(deps, setExit),
  );
}
