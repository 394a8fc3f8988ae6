import { MOST_COUNTED } from '../../domain/signing-key/sealed-rows.ts';
import type { OperatorDeps } from './dead-letters.ts';
import { CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { perform } from './retry.ts';
import { counted, printable } from './text.ts';

const NOUNS = {
  signing_keys: 'signing key',
  webhook_secrets: 'webhook secret',
  sessions: 'session',
  mails: 'unsent e-mail',
  answers: 'stored answer',
  challenges: 'pending confirmation',
  invitations: 'invitation',
} as const;

const VERDICTS: Readonly<Record<string, string>> = {
  not_configured: 'security.master_key_previous is not set.',
  in_use: 'security.master_key_previous is still needed.',
  not_needed: 'security.master_key_previous can be removed.',
  unknown: 'It is unknown whether security.master_key_previous is still needed.',
};

const ADVICE_WHEN_UNKNOWN = [
  'It can be removed if it was never security.master_key.',
  'If it was, with a version that does not record the use of keys: keep it for sessions.idle_ttl after the last instance that had it as security.master_key stopped. An earlier removal signs out users.',
];

/** Prints what depends on the previous master key, and whether it can be removed. @throws CommandFailure */
export async function showPreviousMasterKey(
  { json }: { readonly json?: boolean },
  deps: OperatorDeps,
): Promise<number> {
  const body: unknown = await perform(
    ({ signingKeys }, call) => signingKeys.previousMasterKey(call),
    deps,
  );
  const verdict = isRecord(body) ? VERDICTS[String(body.state)] : undefined;
  if (!isRecord(body) || verdict === undefined) {
    throw new CommandFailure('The response is not from the user service.');
  }
  const { io } = deps;
  if (json === true) {
    io.stdout(JSON.stringify(body));
    return EXIT.done;
  }
  io.stdout(verdict);
  if (body.state === 'not_configured') return EXIT.done;
  io.stdout(
    body.last_used_at === null
      ? 'No use of it is recorded.'
      : `An instance last sealed with it at ${printable(String(body.last_used_at))}.`,
  );
  for (const [field, noun] of Object.entries(NOUNS)) {
    const count = Number(body[field] ?? 0);
    io.stdout(`${count >= MOST_COUNTED ? 'at least ' : ''}${counted(count, noun)} may need it`);
  }
  if (body.state === 'unknown') for (const line of ADVICE_WHEN_UNKNOWN) io.stdout(line);
  return EXIT.done;
}
