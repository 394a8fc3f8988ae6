import type { Command } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import {
  addOperatorCommand,
  createRunAtService,
  OPERATOR_HINT,
  OPERATOR_NOTE,
  type OperatorOptions,
  refuseUrl,
} from './dead-letter-commands.ts';
import { documented, type SetExitCode } from './help.ts';
import { UsageError } from './io.ts';
import { listKeys, retireKey, rotateKeys } from './keys.ts';
import { showPreviousMasterKey } from './previous-master-key.ts';
import { type ResetOptions, resetKeys } from './reset-keys.ts';
import { type TableOptions, WIDE_FLAG } from './table.ts';

const KID_FORM = /^[A-Za-z0-9_-]{1,64}$/;
const EXAMPLE_KID = 'kZ2ZBP6WrqQTNWGHqVYvBg';

/** Adds `keys list | rotate | retire | previous-master-key | reset`. */
export function addKeyCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const run = createRunAtService(deps, setExit);
  const group = documented(
    program.command('keys').description('list, rotate and retire the keys that sign access tokens'),
    {
      notes: [
        'One key signs. The next one is published first, so that verifiers have it. A retired one verifies until its last token has expired.',
        OPERATOR_NOTE,
      ],
      examples: [['user-service keys list', 'each key with its state and times']],
      exit: ['done', 'failed'],
    },
  );
  documented(
    addOperatorCommand(group, 'list')
      .description('list the signing keys, the oldest first')
      .option(...WIDE_FLAG)
      .action((options: OperatorOptions & TableOptions) =>
        run(options, (client) => listKeys(options, client)),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [
        ['user-service keys list', 'a table'],
        ['user-service keys list --json', 'one JSON object a line'],
      ],
      exit: ['listed', 'the service is unreachable'],
    },
  );
  documented(
    addOperatorCommand(group, 'rotate')
      .description('publish the next signing key, with the algorithm of `tokens.algorithm`')
      .option('--now', 'let it sign at once; for a key that leaked')
      .option(...WIDE_FLAG)
      .action((options: OperatorOptions & TableOptions & { now?: boolean }) =>
        run(options, (client) => rotateKeys(options, client)),
      ),
    {
      notes: [
        'Without --now the key signs after `tokens.jwks_max_age` and a minute. No token is refused.',
        OPERATOR_HINT,
      ],
      examples: [
        ['user-service keys rotate', 'begins a rotation'],
        ['user-service keys rotate --now', 'ends the use of a leaked key; then retire it'],
      ],
      exit: ['published, also when a next key was there already', 'the service is unreachable'],
    },
  );
  documented(
    addOperatorCommand(group, 'retire')
      .description('delete a signing key: its tokens are refused')
      .argument('<kid>', 'its id, as `list` shows it', readKid)
      .option('--force', 'also the key that signs; a new one signs at once')
      .action((kid: string, options: OperatorOptions & { force?: boolean }) =>
        run(options, (client) => retireKey(kid, options, client)),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [[`user-service keys retire ${EXAMPLE_KID}`, 'one key']],
      exit: ['retired', 'no key has this id, or it signs'],
    },
  );
  documented(
    addOperatorCommand(group, 'previous-master-key')
      .description('count what depends on `security.master_key_previous`')
      .action((options: OperatorOptions) =>
        run(options, (client) => showPreviousMasterKey(options, client)),
      ),
    {
      notes: [
        'Rows do not show which key sealed them: those from before its last use, and five minutes after it, count.',
        OPERATOR_HINT,
      ],
      examples: [['user-service keys previous-master-key', 'whether it can be removed']],
      exit: ['shown', 'the service is unreachable'],
    },
  );
  addReset(group, deps, setExit);
}

function addReset(group: Command, deps: CliDeps, setExit: SetExitCode): void {
  documented(
    addOperatorCommand(group, 'reset')
      .description('replace what a lost master key sealed: every user signs in again')
      .option('--confirm', 'do it; without this the command shows what would be lost')
      .option('--force', 'also while other programs use the database')
      .action(async (options: OperatorOptions & ResetOptions) => {
        refuseUrl(options);
        const target = { toleratesLostMasterKey: true };
        const policy = deps.tuning?.policy;
        setExit(
          await withOperator(deps, target, (client) =>
            resetKeys(options, { ...deps, client, policy }),
          ),
        );
      }),
    {
      notes: [
        'For a database whose signing key `security.master_key` does not open. While it opens the key, nothing is changed.',
        'Stop all instances and configure the new master key first. The command opens the database itself.',
        OPERATOR_HINT,
      ],
      examples: [
        ['user-service keys reset', 'shows what would be lost'],
        ['user-service keys reset --confirm', 'a new key signs; sessions end'],
      ],
      exit: ['reset, or nothing is lost', 'not confirmed, or other programs use the database'],
    },
  );
}

function readKid(value: string): string {
  if (KID_FORM.test(value)) return value;
  throw new UsageError('A key id has 1 to 64 characters: letters, digits, - and _.');
}
