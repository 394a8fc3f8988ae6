import { type Command, InvalidArgumentError } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { addDeadLetterCommands, createRunAtService } from './dead-letter-commands.ts';
import type { DeadLetterKind } from './dead-letters.ts';
import { seconds } from './duration-argument.ts';
import { documented, JSON_FLAG, type SetExitCode, uuid } from './help.ts';
import { type TableOptions, WIDE_FLAG } from './table.ts';
import { addTargetOptions, readTarget, type TargetOptions } from './target.ts';
import {
  type CreateWebhookOptions,
  createWebhook,
  deleteWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  rotateWebhookSecret,
  setEnabled,
  showDelivery,
  testWebhook,
  type WebhooksDeps,
} from './webhooks.ts';

const EXAMPLE_ID = '"$ID"';
const ID_ARGUMENT = ['<id>', 'id of the endpoint, as `list` shows it', uuid] as const;
const NOT_FOUND = 'no endpoint has this id, or the service is unreachable';

type Options = TargetOptions & TableOptions & { readonly json?: boolean };

const DEAD_DELIVERIES: DeadLetterKind = {
  operations: 'webhookDeadLetters',
  columns: {
    ID: 'id',
    ENDPOINT: 'webhook_endpoint_id',
    TYPE: 'type',
    HAPPENED: 'time',
    'DEAD SINCE': 'dead_at',
    ATTEMPTS: 'attempts',
    ERROR: 'last_error',
  },
};

/** Adds `webhooks create | list | delete | enable | disable | rotate-secret | test | deliveries | delivery | redeliver | dead-letters`. */
export function addWebhookCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('webhooks').description('send events to other services as signed requests'),
    {
      notes: [
        'An endpoint is a URL that gets events by HTTP, signed by Standard Webhooks. The running service sends them.',
      ],
      examples: [
        ['user-service webhooks create https://crm.example.com/hooks', 'shows the secret, once'],
        ['user-service webhooks list', 'the endpoints and their state'],
      ],
      exit: ['done', 'failed'],
    },
  );
  const run = async (
    options: TargetOptions,
    use: (deps: WebhooksDeps) => Promise<number>,
  ): Promise<void> => {
    const { cwd, io } = deps;
    const target = await readTarget(options, { cwd, warn: (line) => io.stderr(line) });
    const policy = deps.tuning?.policy;
    setExit(await withOperator(deps, target, (client) => use({ ...deps, client, policy })));
  };
  const add = (name: string, description: string): Command =>
    group
      .command(name)
      .description(description)
      .option(...JSON_FLAG);

  const create = add('create', 'create an endpoint and show its secret, once')
    .argument('<url>', 'https URL with the port 443 or 8443')
    .option('--type <type...>', 'only these events, such as user.created or user.* (default: all)')
    .option('--user <id>', 'only events of this user', uuid)
    .option('--description <text>', 'at most 200 characters')
    .option('--ordered', 'one delivery at a time, in the order of the feed')
    .option('--scheme <scheme>', 'v1 (HMAC-SHA256, the default) or v1a (Ed25519)', scheme)
    .action((url: string, options: CreateWebhookOptions & Options) =>
      run(options, (webhooks) => createWebhook(url, options, webhooks)),
    );
  documented(addTargetOptions(create), {
    examples: [
      ['user-service webhooks create https://crm.example.com/hooks --type user.*', 'users only'],
      ['user-service webhooks create https://crm.example.com/hooks --ordered', 'in order'],
      [
        'user-service webhooks create https://crm.example.com/hooks > hook.secret',
        'writes only the secret to a file; messages go to standard error',
      ],
    ],
    exit: ['created', 'rejected, for example because of the URL'],
  });

  const list = add('list', 'list endpoints, without their secrets')
    .option(...WIDE_FLAG)
    .action((options: Options) => run(options, (webhooks) => listWebhooks(options, webhooks)));
  documented(addTargetOptions(list), {
    examples: [['user-service webhooks list', 'a table with the state of each']],
    exit: ['listed', 'the service is unreachable or rejects the request'],
  });

  for (const [name, enabled, effect] of [
    ['enable', true, 'it goes on where it was'],
    ['disable', false, 'it gets nothing more'],
  ] as const) {
    const command = add(name, `${name} an endpoint: ${effect}`)
      .argument(...ID_ARGUMENT)
      .action((id: string, options: Options) =>
        run(options, (webhooks) => setEnabled(id, enabled, options, webhooks)),
      );
    documented(addTargetOptions(command), {
      examples: [[`user-service webhooks ${name} ${EXAMPLE_ID}`, effect]],
      exit: [`${name}d`, NOT_FOUND],
    });
  }

  const remove = add('delete', 'delete an endpoint, its secrets and its deliveries')
    .argument(...ID_ARGUMENT)
    .action((id: string, options: Options) =>
      run(options, (webhooks) => deleteWebhook(id, options, webhooks)),
    );
  documented(addTargetOptions(remove), {
    examples: [[`user-service webhooks delete ${EXAMPLE_ID}`, 'it gets nothing more']],
    exit: ['deleted', NOT_FOUND],
  });

  const rotate = add('rotate-secret', 'issue another secret and show it, once')
    .argument(...ID_ARGUMENT)
    .option(
      '--overlap <duration>',
      'time for which the former secrets still sign (default: 24h)',
      seconds,
    )
    .option('--scheme <scheme>', 'v1 or v1a (default: that of the former secret)', scheme)
    .action((id: string, options: Options & { overlap?: number; scheme?: string }) =>
      run(options, (webhooks) => rotateWebhookSecret(id, options, webhooks)),
    );
  documented(addTargetOptions(rotate), {
    examples: [
      [`user-service webhooks rotate-secret ${EXAMPLE_ID}`, 'both secrets sign for a day'],
      [`user-service webhooks rotate-secret ${EXAMPLE_ID} --overlap 0s`, 'replaces a leaked one'],
    ],
    exit: ['the new secret signs', NOT_FOUND],
  });

  const test = add('test', 'send a test event and wait for the outcome')
    .argument(...ID_ARGUMENT)
    .action((id: string, options: Options) =>
      run(options, (webhooks) => testWebhook(id, options, webhooks)),
    );
  documented(addTargetOptions(test), {
    notes: ['The event has the type webhook.test. It is sent once, also to a disabled endpoint.'],
    examples: [[`user-service webhooks test ${EXAMPLE_ID}`, 'what the receiver answers']],
    exit: [
      'the receiver accepted it',
      'the receiver did not accept it, or no endpoint has this id',
    ],
  });

  const deliveries = add('deliveries', 'list deliveries of an endpoint, the newest first')
    .argument(...ID_ARGUMENT)
    .option('--status <status>', 'only these: pending, delivered or dead', deliveryStatus)
    .option(...WIDE_FLAG)
    .action((id: string, options: Options & { status?: string }) =>
      run(options, (webhooks) => listDeliveries(id, options, webhooks)),
    );
  documented(addTargetOptions(deliveries), {
    notes: ['At most 200. A dead delivery is a dead letter: it is not tried any more.'],
    examples: [[`user-service webhooks deliveries ${EXAMPLE_ID} --status dead`, 'what failed']],
    exit: ['listed, also when there are none', NOT_FOUND],
  });

  const delivery = add('delivery', 'show a delivery and the log of its attempts, as JSON')
    .argument(...ID_ARGUMENT)
    .argument('<delivery>', 'id of the delivery', uuid)
    .action((id: string, deliveryId: string, options: Options) =>
      run(options, (webhooks) => showDelivery(id, deliveryId, webhooks)),
    );
  documented(addTargetOptions(delivery), {
    examples: [[`user-service webhooks delivery ${EXAMPLE_ID} "$DELIVERY"`, 'each attempt']],
    exit: ['shown', 'no delivery has this id, or the service is unreachable'],
  });

  const again = add('redeliver', 'send one delivery again, or all that failed')
    .argument(...ID_ARGUMENT)
    .argument('[delivery]', 'id of the delivery; without it, all that failed', uuid)
    .option('--since <time>', 'only events of this time and later, by RFC 3339')
    .option('--until <time>', 'only events before this time')
    .option('--delivered', 'also those that were delivered')
    .action(
      (
        id: string,
        deliveryId: string | undefined,
        options: Options & { since?: string; until?: string; delivered?: boolean },
      ) => run(options, (webhooks) => redeliver(id, deliveryId ?? null, options, webhooks)),
    );
  documented(addTargetOptions(again), {
    notes: ['A request has the webhook-id of the first one, so that a receiver knows its event.'],
    examples: [
      [`user-service webhooks redeliver ${EXAMPLE_ID}`, 'all that failed'],
      [
        'user-service webhooks redeliver "$ID" --since 2027-01-31T12:00:00Z --delivered',
        'everything from a time on',
      ],
    ],
    exit: ['they are sent again', 'no endpoint or delivery has this id'],
  });

  addDeadLetterCommands(
    group,
    DEAD_DELIVERIES,
    {
      parent: 'webhooks',
      description: 'list, requeue or drop deliveries that failed at every attempt',
      note:
        'A delivery becomes a dead letter after the last attempt of its schedule, some three days. It is kept for ' +
        'webhooks.retention.',
      dropped: 'the endpoint never gets the event',
    },
    createRunAtService(deps, setExit),
  );
}

function scheme(text: string): string {
  if (text === 'v1' || text === 'v1a') return text;
  throw new InvalidArgumentError('Must be v1 or v1a.');
}

function deliveryStatus(text: string): string {
  if (['pending', 'delivered', 'dead'].includes(text)) return text;
  throw new InvalidArgumentError('Must be pending, delivered or dead.');
}
