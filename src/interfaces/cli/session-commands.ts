import type { Command } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import { CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { requestBody } from './retry.ts';
import { addTargetOptions, readTarget, type TargetOptions } from './target.ts';
import { type NoteOptions, operatorHeaders } from './users/govern.ts';
import type { ReadUsersDeps } from './users/read-users.ts';

interface RevokeAllOptions extends TargetOptions, NoteOptions {
  readonly json?: boolean;
  readonly confirm?: boolean;
}

/** Adds `sessions revoke-all`. */
export function addSessionCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('sessions').description('end the sessions of all users'),
    {
      notes: ['`users sessions` and `users end-sessions` are for one user.'],
      examples: [['user-service sessions revoke-all --reason "Ticket 4711" --confirm', 'at once']],
      exit: ['done', 'failed'],
    },
  );
  const command = group
    .command('revoke-all')
    .description('end the sessions of all users: every user signs in again')
    .requiredOption('--reason <text>', 'why, for the record: 1-500 characters')
    .option(
      '--operator <name>',
      'your name, for the record (default: your account on this machine)',
    )
    .option('--confirm', 'do it; without this nothing is changed')
    .option(...JSON_FLAG)
    .action(async (options: RevokeAllOptions) => {
      const operator = options.operator ?? deps.operatorName();
      const named = operator === null ? options : { ...options, operator };
      const target = await readTarget(options, { cwd: deps.cwd, warn: deps.io.stderr });
      const policy = deps.tuning?.policy;
      setExit(
        await withOperator(deps, target, (client) => revokeAll(named, { ...deps, client, policy })),
      );
    });
  documented(addTargetOptions(command), {
    notes: [
      'For a leak whose extent is unknown. In force within a second on all instances. Services that follow the ' +
        'revocations refuse the access tokens at once; others accept them until they expire.',
      'The act is recorded; `users acts 00000000-0000-0000-0000-000000000000` lists it. With --url the key needs the ' +
        'scope users:admin.',
    ],
    examples: [
      ['user-service sessions revoke-all --reason "Ticket 4711" --confirm', 'at once'],
      ['user-service sessions revoke-all --reason "Ticket 4711"', 'says what it would do'],
    ],
    exit: ['ended', 'not confirmed, or the service is unreachable or rejects the request'],
  });
}

/** @throws CommandFailure */
async function revokeAll(
  { confirm = false, json, reason, ...note }: RevokeAllOptions,
  deps: ReadUsersDeps,
): Promise<number> {
  if (!confirm) {
    throw new CommandFailure(
      'Nothing was changed. Run it with --confirm to end the sessions of all users: each of them has to sign in again.',
      { code: 'not_confirmed' },
    );
  }
  const body = await requestBody(
    {
      ...{ method: 'POST', path: '/v1/sessions/revoke-all', body: { reason } },
      headers: operatorHeaders(note),
    },
    deps,
    { repeatUnknown: true },
  );
  if (!isRecord(body)) throw new CommandFailure('The response is not from a user service.');
  deps.io.stdout(
    json === true
      ? JSON.stringify(body)
      : `ended the sessions of all users: tokens until ${timeOf(body.not_before)} are void`,
  );
  return EXIT.done;
}

function timeOf(seconds: unknown): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace('.000', '');
}
