import type { Command } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, uuid, wholeNumber } from './help.ts';
import {
  type CreateInvitationOptions,
  createInvitation,
  type InvitationsDeps,
  listInvitations,
  revokeInvitation,
} from './invitations.ts';
import { type TableOptions, WIDE_FLAG } from './table.ts';
import { addTargetOptions, readTarget, type TargetOptions } from './target.ts';

const MAX_DAYS = 30;
const EXAMPLE_ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';

/** Adds `invitations create | list | revoke`. */
export function addInvitationCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('invitations').description('invite people by mail, list and revoke'),
    {
      notes: [
        'An invitation is a mail with a link to the page where the person registers. Nothing else shows the link. ' +
          'The mail is sent by the running service.',
      ],
      examples: [['user-service invitations create ada@example.com', 'invites one person']],
      exit: ['done', 'failed'],
    },
  );
  const run = async (
    options: TargetOptions,
    use: (deps: InvitationsDeps) => Promise<number>,
  ): Promise<void> => {
    const { cwd, io } = deps;
    const target = await readTarget(options, { cwd, warn: (line) => io.stderr(line) });
    const policy = deps.tuning?.policy;
    setExit(await withOperator(deps, target, (client) => use({ ...deps, client, policy })));
  };
  const create = group
    .command('create')
    .description('invite the owner of an e-mail address')
    .argument('<email>', 'e-mail address; an earlier invitation of it is no longer valid')
    .option('--first-name <name>', 'first name, for the greeting and the form')
    .option('--last-name <name>', 'last name, for the form')
    .option('--locale <tag>', 'language of the mail and its page as a BCP 47 tag, such as pt-BR')
    .option('--days <n>', 'days until it expires (default: 7)', wholeNumber(1, MAX_DAYS))
    .option(...JSON_FLAG)
    .action((email: string, options: CreateInvitationOptions & TargetOptions) =>
      run(options, (invitations) => createInvitation(email, options, invitations)),
    );
  documented(addTargetOptions(create), {
    examples: [
      ['user-service invitations create ada@example.com --first-name Ada', 'greets by name'],
      ['user-service invitations create ada@example.com --locale de', 'a mail in German'],
      ['user-service invitations create ada@example.com --days 2', 'valid for two days'],
    ],
    exit: ['the mail is queued', 'rejected, for example because the address has an account'],
  });
  const list = group
    .command('list')
    .description('list invitations that were not accepted, without their links')
    .option(...WIDE_FLAG)
    .option(...JSON_FLAG)
    .action((options: TargetOptions & TableOptions & { json?: boolean }) =>
      run(options, (invitations) => listInvitations(options, invitations)),
    );
  documented(addTargetOptions(list), {
    examples: [['user-service invitations list', 'a table; expired ones stay for a week']],
    exit: ['listed', 'the service is unreachable or rejects the request'],
  });
  const revoke = group
    .command('revoke')
    .description('revoke an invitation: its link no longer works')
    .argument('<id>', 'id of the invitation, as `list` shows it', uuid)
    .option(...JSON_FLAG)
    .action((id: string, options: TargetOptions & { json?: boolean }) =>
      run(options, (invitations) => revokeInvitation(id, options, invitations)),
    );
  documented(addTargetOptions(revoke), {
    examples: [[`user-service invitations revoke ${EXAMPLE_ID}`, 'the link stops working']],
    exit: ['revoked', 'no invitation has this id'],
  });
}
