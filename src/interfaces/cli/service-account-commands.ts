import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import { UsageError } from './io.ts';
import type { OperatorClient } from './operator-client.ts';
import {
  createServiceAccount,
  listServiceAccounts,
  revokeServiceAccount,
} from './service-accounts.ts';

const LOCAL_ONLY =
  'Service accounts are for the operator at the machine of the service: this goes over the control\n' +
  'socket, or happens in this process while no service runs. It does not exist over --url.';

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
    .description('make, list and revoke the keys of other services');
  documented(group, {
    notes: [LOCAL_ONLY],
    examples: [
      ['user-service service-accounts create billing --scope users:read', 'a key that reads users'],
    ],
    exit: ['done', 'failed'],
  });
  const run = async (
    options: JsonOption,
    use: (client: OperatorClient) => Promise<number>,
  ): Promise<void> => {
    if (options.url !== undefined) {
      throw new UsageError('Service accounts are not managed over --url: run this at the service.');
    }
    setExit(await withOperator(deps, {}, use));
  };
  const policy = deps.tuning?.policy;

  documented(
    subcommand(group, 'create')
      .description('make a service account and show its key, this once')
      .argument('<name>', 'unique name: a-z, 0-9, dot, dash, underscore')
      .requiredOption(
        '--scope <scope...>',
        'what the key may do: users:read, users:write, users:admin, events:read, tokens:introspect',
      )
      .action((name: string, options: JsonOption & { scope: string[] }) =>
        run(options, (client) => createServiceAccount(name, options, { ...deps, client, policy })),
      ),
    {
      notes: [LOCAL_ONLY],
      examples: [
        [
          'user-service service-accounts create billing --scope users:read users:write',
          'a key with two scopes',
        ],
        [
          'user-service service-accounts create billing --scope users:read > billing.key',
          'the key alone into a file; warnings go to standard error',
        ],
      ],
      exit: ['made', 'refused, for example because the name is taken'],
    },
  );
  documented(
    subcommand(group, 'list')
      .description('list service accounts, without their keys')
      .action((options: JsonOption) =>
        run(options, (client) => listServiceAccounts(options, { ...deps, client, policy })),
      ),
    {
      notes: [LOCAL_ONLY],
      examples: [['user-service service-accounts list', 'a table of all, also the revoked ones']],
      exit: ['listed', 'the service cannot be asked'],
    },
  );
  documented(
    subcommand(group, 'revoke')
      .description('end the use of a key')
      .argument('<id>', 'id of the service account, as `list` shows it')
      .action((id: string, options: JsonOption) =>
        run(options, (client) => revokeServiceAccount(id, options, { ...deps, client, policy })),
      ),
    {
      notes: [LOCAL_ONLY],
      examples: [
        [
          'user-service service-accounts revoke 0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61',
          'its key is refused from now on',
        ],
      ],
      exit: ['revoked', 'there is no such account in use'],
    },
  );
}

function subcommand(group: Command, name: string): Command {
  return group
    .command(name)
    .option(...JSON_FLAG)
    .addOption(new Option('--url [url]').hideHelp());
}
