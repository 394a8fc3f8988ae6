import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { seconds } from './duration-argument.ts';
import { documented, JSON_FLAG, type SetExitCode, uuid } from './help.ts';
import { UsageError } from './io.ts';
import type { OperatorClient } from './operator-client.ts';
import {
  createServiceAccount,
  listServiceAccounts,
  revokeServiceAccount,
  rotateServiceKey,
  setServiceAccountScopes,
} from './service-accounts.ts';
import { type TableOptions, WIDE_FLAG } from './table.ts';

const LOCAL_ONLY =
  'Run these commands on the machine of the service. They use its control socket, ' +
  'or work in this process if no service runs. They do not work with --url.';

interface JsonOption {
  readonly json?: boolean;
  readonly url?: unknown;
}

/** Adds `service-accounts create | list | rotate | set-scopes | revoke`. */
export function addServiceAccountCommands(
  program: Command,
  deps: CliDeps,
  setExit: SetExitCode,
): void {
  const group = program
    .command('service-accounts')
    .description('create, list, change and revoke service accounts and their keys');
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
        'permissions of the key: users:read, users:write, users:admin, events:read, webhooks:admin, tokens:introspect',
      )
      .option('--expires-in <duration>', 'time after which the key ends, such as 90d', seconds)
      .action((name: string, options: JsonOption & { scope: string[]; expiresIn?: number }) =>
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
    subcommand(group, 'rotate')
      .description('issue another key for a service account and show it, once')
      .argument('<id>', 'id of the service account, as `list` shows it', uuid)
      .option(
        '--overlap <duration>',
        'time for which the former keys still work (default: 24h)',
        seconds,
      )
      .option('--expires-in <duration>', 'time after which the new key ends, such as 90d', seconds)
      .action((id: string, options: JsonOption & { overlap?: number; expiresIn?: number }) =>
        run(options, (client) => rotateServiceKey(id, options, { ...deps, client, policy })),
      ),
    {
      examples: [
        [
          'user-service service-accounts rotate "$ID" --overlap 1h',
          'prints the new key; the former one works for another hour',
        ],
        [
          'user-service service-accounts rotate "$ID" --overlap 0s',
          'replaces a key that has leaked',
        ],
      ],
      exit: ['the new key works', 'no active account has this id, or it has 10 keys'],
    },
  );
  documented(
    subcommand(group, 'set-scopes')
      .description('replace the scopes of a service account')
      .argument('<id>', 'id of the service account, as `list` shows it', uuid)
      .requiredOption('--scope <scope...>', 'all permissions that the account has from now on')
      .action((id: string, options: JsonOption & { scope: string[] }) =>
        run(options, (client) => setServiceAccountScopes(id, options, { ...deps, client, policy })),
      ),
    {
      examples: [
        [
          'user-service service-accounts set-scopes "$ID" --scope users:read',
          'every instance uses the new scopes within 5 s',
        ],
      ],
      exit: ['changed', 'no active account has this id, or a scope is unknown'],
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
