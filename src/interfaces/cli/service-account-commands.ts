import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, uuid } from './help.ts';
import { UsageError } from './io.ts';
import type { OperatorClient } from './operator-client.ts';
import {
  createServiceAccount,
  listServiceAccounts,
  revokeServiceAccount,
} from './service-accounts.ts';
import { type TableOptions, WIDE_FLAG } from './table.ts';

const LOCAL_ONLY =
  'Run these commands on the machine of the service. They use its control socket, ' +
  'or work in this process if no service runs. They do not work with --url.';

interface JsonOption {
  readonly json?: boolean;
  readonly url?: unknown;
}

/** Adds `service-accounts create | list | revoke`. */
export function addServiceAccountCommands(
  program: Command,
  deps: CliDeps,
  setExit: SetExitCode,
): void {
  const group = program
    .command('service-accounts')
    .description('create, list and revoke service accounts and their keys');
  documented(group, {
    notes: [LOCAL_ONLY],
    examples: [
      [
        'user-service service-accounts create billing --scope users:read',
        'creates a key that can read users',
      ],
    ],
    exit: ['done', 'failed'],
  });
  const run = async (
    options: JsonOption,
    use: (client: OperatorClient) => Promise<number>,
  ): Promise<void> => {
    if (options.url !== undefined) {
      throw new UsageError(
        'Service accounts are not managed over --url: run this on the machine of the service.',
      );
    }
    setExit(await withOperator(deps, {}, use));
  };
  const policy = deps.tuning?.policy;

  documented(
    subcommand(group, 'create')
      .description('create a service account and show its key, once')
      .argument('<name>', 'unique name: a-z, 0-9, dot, dash, underscore')
      .requiredOption(
        '--scope <scope...>',
        'permissions of the key: users:read, users:write, users:admin, events:read, tokens:introspect',
      )
      .action((name: string, options: JsonOption & { scope: string[] }) =>
        run(options, (client) => createServiceAccount(name, options, { ...deps, client, policy })),
      ),
    {
      examples: [
        [
          'user-service service-accounts create billing --scope users:read users:write',
          'creates a key with two scopes',
        ],
        [
          'user-service service-accounts create billing --scope users:read > billing.key',
          'writes only the key to a file; messages go to standard error',
        ],
      ],
      exit: ['created', 'rejected, for example because the name is taken'],
    },
  );
  documented(
    subcommand(group, 'list')
      .description('list service accounts, without their keys')
      .option(...WIDE_FLAG)
      .action((options: JsonOption & TableOptions) =>
        run(options, (client) => listServiceAccounts(options, { ...deps, client, policy })),
      ),
    {
      examples: [
        ['user-service service-accounts list', 'shows a table, including revoked accounts'],
      ],
      exit: ['listed', 'the service is unreachable or rejects the request'],
    },
  );
  documented(
    subcommand(group, 'revoke')
      .description('revoke the key of a service account')
      .argument('<id>', 'id of the service account, as `list` shows it', uuid)
      .action((id: string, options: JsonOption) =>
        run(options, (client) => revokeServiceAccount(id, options, { ...deps, client, policy })),
      ),
    {
      examples: [
        [
          'user-service service-accounts revoke 0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61',
          'the key stops working',
        ],
      ],
      exit: ['revoked', 'no active account has this id'],
    },
  );
}

function subcommand(group: Command, name: string): Command {
  return group
    .command(name)
    .option(...JSON_FLAG)
    .addOption(new Option('--url [url]').hideHelp());
}
