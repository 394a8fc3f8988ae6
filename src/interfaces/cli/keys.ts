import { type OperatorDeps, readRecords } from './dead-letters.ts';
import { EXIT } from './io.ts';
import { perform } from './retry.ts';
import { createTableWriter, type TableOptions } from './table.ts';
import { printable } from './text.ts';

interface OutputOptions {
  readonly json?: boolean;
}

/** Table headings, each with the JSON field below it. */
const COLUMNS = {
  KID: 'kid',
  ALGORITHM: 'algorithm',
  STATE: 'state',
  PUBLISHED: 'published_at',
  ACTIVATED: 'activated_at',
  RETIRED: 'retired_at',
  'SIGNS FROM': 'signs_from',
  'VERIFIES UNTIL': 'verifies_until',
  'MASTER KEY': 'master_key',
} as const;

/** Prints a table, or one JSON object a line. @throws CommandFailure */
export async function listKeys(
  options: OutputOptions & TableOptions,
  deps: OperatorDeps,
): Promise<number> {
  printKeys(await perform(({ signingKeys }, call) => signingKeys.list(call), deps), options, deps);
  return EXIT.done;
}

/** Begins a rotation and prints the keys. @throws CommandFailure */
export async function rotateKeys(
  options: OutputOptions & TableOptions & { readonly now?: boolean },
  deps: OperatorDeps,
): Promise<number> {
  const now = options.now === true;
  const body = await perform(({ signingKeys }, call) => signingKeys.rotate({ now }, call), deps);
  printKeys(body, options, deps);
  const next = readRecords(body, 'signing_keys').find(({ state }) => state === 'next');
  if (now) {
    deps.io.stderr(
      'The new key signs at once. A verifier that does not fetch the JWKS for an unknown kid refuses new tokens until its copy expires.',
    );
  } else if (next !== undefined) {
    deps.io.stderr(
      `Key ${printable(String(next.kid))} is published, and signs within a minute after ${printable(String(next.signs_from))}.`,
    );
  }
  return EXIT.done;
}

/** Deletes a key. @throws CommandFailure */
export async function retireKey(
  kid: string,
  options: OutputOptions & { readonly force?: boolean },
  deps: OperatorDeps,
): Promise<number> {
  const { io } = deps;
  const body = { kid, force: options.force === true };
  await perform(({ signingKeys }, call) => signingKeys.retire(body, call), deps);
  if (options.json === true) io.stdout(JSON.stringify({ kid, retired: true }));
  else io.stdout(`retired ${printable(kid)}`);
  io.stderr('Other instances refuse its tokens within 10 s.');
  return EXIT.done;
}

function printKeys(
  body: unknown,
  options: OutputOptions & TableOptions,
  { io }: OperatorDeps,
): void {
  const keys = readRecords(body, 'signing_keys');
  if (options.json === true) {
    for (const key of keys) io.stdout(JSON.stringify(key));
    return;
  }
  createTableWriter(Object.keys(COLUMNS), io, options).write(
    keys.map((key) => Object.values(COLUMNS).map((name) => String(key[name] ?? '-'))),
  );
}
