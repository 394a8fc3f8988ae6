import type { MasterKeyUse, MasterKeyUses } from '../../domain/signing-key/master-key-uses.ts';
import type { SealedCounts, SealedRows } from '../../domain/signing-key/sealed-rows.ts';
import type { SigningKeys } from '../../domain/signing-key/signing-keys.ts';
import type { WebhookSecretSeals } from '../../domain/webhook/webhook-endpoint.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';

interface Deps {
  readonly signingKeys: Pick<SigningKeys, 'list'>;
  readonly sealedRows: Pick<SealedRows, 'count'>;
  readonly masterKeyUses: MasterKeyUses;
  readonly webhookSecretSeals: Pick<WebhookSecretSeals, 'countOthers'>;
}

/**
 * `not_needed`: `security.master_key_previous` can be removed. `unknown`: no use of it is recorded, so it has sealed
 * nothing, or builds without these records have sealed with it.
 */
export type PreviousMasterKeyState = 'not_configured' | 'in_use' | 'not_needed' | 'unknown';

/** What depends on the previous master key. */
export interface PreviousMasterKey {
  readonly state: PreviousMasterKeyState;
  /** When an instance last sealed with it; null when none is known to have done so. */
  readonly lastUsedAt: Date | null;
  readonly signingKeys: number;
  readonly webhookSecrets: number;
  readonly counts: SealedCounts;
}

/** Instances record their use every minute; a record may come late, and the clocks of instances differ a little. */
const USE_SLACK_MS = 5 * 60_000;
const NOTHING: SealedCounts = { sessions: 0, mails: 0, answers: 0, challenges: 0, invitations: 0 };

/**
 * Counts what was sealed while an instance may have sealed with the previous master key. Most rows do not show which key
 * sealed them: those that are as old as its last use count, and all of them when no use is recorded.
 * @throws DomainError `forbidden` unless the caller is the operator
 */
export function createReadPreviousMasterKey(deps: Deps) {
  const { signingKeys, sealedRows, masterKeyUses, webhookSecretSeals } = deps;
  return async (caller: Caller): Promise<PreviousMasterKey> => {
    requireOperator(caller);
    if (!masterKeyUses.hasPrevious) {
      return {
        ...{ state: 'not_configured', lastUsedAt: null, signingKeys: 0, webhookSecrets: 0 },
        counts: NOTHING,
      };
    }
    const previous = await masterKeyUses.findPrevious();
    const keys = (await signingKeys.list()).filter(({ masterKey }) => masterKey === 'previous');
    const before =
      previous === null ? null : new Date(previous.lastUsedAt.getTime() + USE_SLACK_MS);
    const counts = await sealedRows.count(before);
    const webhookSecrets = await webhookSecretSeals.countOthers();
    return {
      state: stateOf(previous, keys.length + webhookSecrets, counts),
      lastUsedAt: previous?.lastUsedAt ?? null,
      signingKeys: keys.length,
      webhookSecrets,
      counts,
    };
  };
}

function stateOf(
  previous: MasterKeyUse | null,
  signingKeys: number,
  counts: SealedCounts,
): PreviousMasterKeyState {
  if (signingKeys > 0) return 'in_use';
  const isEmpty = Object.values(counts).every((count) => count === 0);
  if (previous === null) return isEmpty ? 'not_needed' : 'unknown';
  return previous.ageMs < USE_SLACK_MS || !isEmpty ? 'in_use' : 'not_needed';
}
