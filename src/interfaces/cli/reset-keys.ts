import { MOST_COUNTED } from '../../domain/signing-key/sealed-rows.ts';
import type { OperatorDeps } from './dead-letters.ts';
import { CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { perform } from './retry.ts';
import { counted, printable } from './text.ts';

export interface ResetOptions {
  readonly json?: boolean;
  readonly confirm?: boolean;
  readonly force?: boolean;
}

/** What is lost, with the consequence, by the field of the response. */
const LOSSES = [
  ['sessions', 'session', 'ended; the users sign in again'],
  ['mails', 'unsent e-mail', 'not sent; dead letters without content'],
  ['answers', 'stored answer', 'deleted; a repeated request takes effect again'],
  ['challenges', 'pending confirmation', 'links and codes are refused; the users ask for new ones'],
  ['invitations', 'invitation', 'refused; invite again those in `invitations list`'],
] as const;

/** Replaces what a lost master key sealed, and says what it was. @throws CommandFailure */
export async function resetKeys(
  { json, confirm = false, force = false }: ResetOptions,
  deps: OperatorDeps,
): Promise<number> {
  const body: unknown = await perform(
    ({ signingKeys }, call) => signingKeys.reset({ confirm, force }, call),
    deps,
  );
  if (!isRecord(body)) throw new CommandFailure('The response is not from the user service.');
  const { io } = deps;
  const { outcome } = body;
  const isDone = outcome === 'nothing_lost' || outcome === 'reset';
  if (json === true) io.stdout(JSON.stringify(body));
  else if (outcome === 'nothing_lost') {
    io.stdout('The master key opens the signing key. Nothing is lost, and nothing was changed.');
  } else {
    for (const line of describeLosses(body)) io.stdout(line);
  }
  if (!isDone) throw new CommandFailure(reasonOf(body), { code: String(outcome) });
  return EXIT.done;
}

function describeLosses(body: Readonly<Record<string, unknown>>): string[] {
  const { lost_kid: lostKid, new_kid: newKid } = body;
  const lost = isRecord(body.lost) ? body.lost : {};
  const isReset = body.outcome === 'reset';
  return [
    isReset
      ? `signing key ${printable(String(lostKid))}: replaced by ${printable(String(newKid))}`
      : `signing key ${printable(String(lostKid))}: security.master_key does not open it`,
    ...LOSSES.map(([field, noun, effect]) => {
      const count = Number(lost[field] ?? 0);
      const most = !isReset && count >= MOST_COUNTED ? 'at least ' : '';
      return `${most}${counted(count, noun)}: ${effect}`;
    }),
    'failed sign-ins and known devices: forgotten',
  ];
}

function reasonOf(body: Readonly<Record<string, unknown>>): string {
  if (body.outcome === 'not_confirmed') {
    return 'Nothing was changed. Run it with --confirm if the master key is lost for good.';
  }
  const others = Array.isArray(body.other_connections) ? body.other_connections : [];
  const names = others
    .filter(isRecord)
    .map(({ pid, application }) => `${String(pid)} (${printable(String(application))})`);
  return `Nothing was changed: other programs use the database with this role, by pid: ${names.join(', ')}. Stop all instances, or run it with --force.`;
}
