import type { AnswerRecords } from '../../domain/idempotency/idempotent-request.ts';
import type { Logger } from '../../domain/ports.ts';
import type { SealedCounts, SealedRows } from '../../domain/signing-key/sealed-rows.ts';
import type { SigningKeys } from '../../domain/signing-key/signing-keys.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';

interface Deps {
  readonly signingKeys: SigningKeys;
  readonly sealedRows: SealedRows;
  readonly answerRecords: Pick<AnswerRecords, 'deleteExpired'>;
  readonly logger: Logger;
}

/**
 * `nothing_lost`: the master key opens the key that signs, and nothing was changed. `not_confirmed` and
 * `instances_connected`: nothing was changed either. `reset`: a new key signs, and what the lost one sealed has ended.
 */
export type ResetOutcome = 'nothing_lost' | 'not_confirmed' | 'instances_connected' | 'reset';

export interface ResetReport {
  readonly outcome: ResetOutcome;
  /** The key that cannot be opened. */
  readonly lostKid: string | null;
  readonly newKid: string | null;
  /** What is lost, or would be. */
  readonly lost: SealedCounts | null;
  readonly otherConnections: Awaited<ReturnType<SealedRows['listOtherConnections']>>;
}

const ANSWERS_PER_STATEMENT = 5_000;
const UNCHANGED = { lostKid: null, newKid: null, lost: null, otherConnections: [] } as const;

/**
 * Replaces what a lost master key sealed, so that the service can start with another one. The key that signs is replaced
 * last: a reset that breaks off is found unfinished by the next one, which does the rest.
 * @throws DomainError `forbidden` unless the caller is the operator
 */
export function createResetSigningKeys(deps: Deps) {
  const { signingKeys, sealedRows, answerRecords, logger } = deps;

  return async (
    caller: Caller,
    { confirm, force }: { readonly confirm: boolean; readonly force: boolean },
  ): Promise<ResetReport> => {
    requireOperator(caller);
    const signing = (await signingKeys.list()).find(({ state }) => state === 'signing');
    if (signing === undefined || signing.masterKey !== 'unknown') {
      return { ...UNCHANGED, outcome: 'nothing_lost' };
    }
    const otherConnections = await sealedRows.listOtherConnections();
    const report = { lostKid: signing.kid, newKid: null, otherConnections };
    if (!confirm || (otherConnections.length > 0 && !force)) {
      const outcome = confirm ? 'instances_connected' : 'not_confirmed';
      return { ...report, outcome, lost: await sealedRows.count(null) };
    }
    const lost = await endWhatIsLost(caller);
    const newKid = await replaceKeys();
    const fields = { request_id: caller.requestId, kid: newKid, former_kid: signing.kid };
    logger.warn('ended what the lost master key sealed; a new key signs', { ...fields, ...lost });
    return { ...report, outcome: 'reset', newKid, lost };
  };

  async function endWhatIsLost({ requestId }: Caller): Promise<SealedCounts> {
    const { invitations } = await sealedRows.count(null);
    return {
      sessions: await sealedRows.endSessions(requestId),
      mails: await sealedRows.discardMails(),
      answers: await deleteAnswers(),
      challenges: await sealedRows.endChallenges(),
      // They stay in the list of invitations, so that the operator sees whom to invite again.
      invitations,
    };
  }

  /** Without its answer a repeated request is executed; with one that cannot be opened it would be refused. */
  async function deleteAnswers(): Promise<number> {
    let total = 0;
    for (;;) {
      const deleted = await answerRecords.deleteExpired(0, ANSWERS_PER_STATEMENT);
      total += deleted;
      if (deleted < ANSWERS_PER_STATEMENT) return total;
    }
  }

  /** @returns the id of the key that signs now */
  async function replaceKeys(): Promise<string> {
    const next = (await signingKeys.list()).find(({ state }) => state === 'next');
    if (next?.masterKey === 'unknown') await signingKeys.delete(next.kid);
    await signingKeys.publishNext(0);
    await signingKeys.activateNext(0);
    const keys = await signingKeys.list();
    const signing = keys.find(({ state }) => state === 'signing');
    if (signing === undefined || signing.masterKey === 'unknown') {
      throw new Error('a program with another master key has replaced the signing key meanwhile');
    }
    await signingKeys.refresh();
    return signing.kid;
  }
}
