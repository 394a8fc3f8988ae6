import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import { addSetAsideCommands, createRunAtService, OPERATOR_NOTE } from './dead-letter-commands.ts';
import type { SetAside } from './dead-letters.ts';
import { documented, type SetExitCode } from './help.ts';

const FAILED_MAILS: SetAside = {
  path: '/v1/mail/failed',
  field: 'mails',
  noun: 'given-up mail',
  columns: {
    ID: 'id',
    KIND: 'kind',
    QUEUED: 'created_at',
    'GIVEN UP': 'failed_at',
    ATTEMPTS: 'attempts',
    ERROR: 'last_error',
  },
};

const FAILED_NOTE =
  'A mail is given up when the mail server refuses it for good, or after 100 attempts in some three\n' +
  'days. It is kept for 24 hours. Neither recipient, subject nor text is shown: they are personal\n' +
  'data. The log line "mail given up" has the mail’s id with the user’s.';

/** Adds `mail failed list | requeue | drop`. */
export function addMailCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const run = createRunAtService(deps, setExit);
  const parts = {
    notes: [FAILED_NOTE, OPERATOR_NOTE],
    examples: [['user-service mail failed list', 'each with its error']] as const,
    exit: ['done', 'failed'] as const,
  };
  const group = documented(
    program.command('mail').description('decide on mail that could not be sent'),
    parts,
  );
  const failed = documented(
    group.command('failed').description('decide on mail that was given up'),
    parts,
  );
  const texts = {
    commands: 'mail failed',
    notes: [FAILED_NOTE],
    dropped: 'it is never sent, and its text is removed',
  };
  addSetAsideCommands(failed, FAILED_MAILS, texts, run);
}
