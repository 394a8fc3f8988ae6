import type { AnswerRecords } from '../../domain/idempotency/idempotent-request.ts';
import type { Logger } from '../../domain/ports.ts';
import { signingKeyInUse, signingKeyNotFound } from '../../domain/rejections.ts';
import type { MasterKeyUses } from '../../domain/signing-key/master-key-uses.ts';
import type { SealedRows } from '../../domain/signing-key/sealed-rows.ts';
import type { SigningKeyRecord, SigningKeys } from '../../domain/signing-key/signing-keys.ts';
import type { WebhookSecretSeals } from '../../domain/webhook/webhook-endpoint.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';
import { createReadPreviousMasterKey } from './read-previous-master-key.ts';
import { createResetSigningKeys } from './reset-signing-keys.ts';
import { createRotateSigningKeys, type RotationTimes } from './rotate-signing-keys.ts';

export interface SigningKeyPorts {
  readonly signingKeys: SigningKeys;
  readonly sealedRows: SealedRows;
  readonly masterKeyUses: MasterKeyUses;
  readonly webhookSecretSeals: Pick<WebhookSecretSeals, 'countOthers'>;
  readonly answerRecords: Pick<AnswerRecords, 'deleteExpired'>;
  readonly rotationTimes: RotationTimes;
  readonly logger: Logger;
}

/** A key with what happens to it next; null where nothing is due. */
export interface SigningKeyView extends SigningKeyRecord {
  /** Of a next key: it signs from the first round of the rotation after this time. */
  readonly signsFrom: Date | null;
  /** Of a retired key: until then it is published and verifies. */
  readonly verifiesUntil: Date | null;
}

/** Another instance may activate the next key meanwhile; more rounds than this are a defect. */
const MAX_ATTEMPTS = 3;

/** Every method but `maintain` throws DomainError `forbidden` unless the caller is the operator. */
export function createSigningKeyUseCases(ports: SigningKeyPorts) {
  const { signingKeys, rotationTimes: times, logger } = ports;

  function toView(key: SigningKeyRecord): SigningKeyView {
    const { state, publishedAt, retiredAt } = key;
    return {
      ...key,
      signsFrom:
        state === 'next' && publishedAt !== null ? after(publishedAt, times.publishedMs) : null,
      verifiesUntil:
        state === 'verifying' && retiredAt !== null ? after(retiredAt, times.retiredMs) : null,
    };
  }

  async function publish(caller: Caller): Promise<void> {
    const kid = await signingKeys.publishNext(0);
    if (kid === null) return;
    const fields = { request_id: caller.requestId, kid, reason: 'operator' };
    logger.info('published the next signing key', fields);
  }

  /** Publishes a next key where there is none, and lets it sign at once. */
  async function replaceNow(caller: Caller): Promise<void> {
    await publish(caller);
    const activated = await signingKeys.activateNext(0);
    if (activated === null) return;
    const { kid, algorithm, formerKid } = activated;
    const fields = { kid, algorithm, former_kid: formerKid };
    logger.info('a new key signs access tokens', { request_id: caller.requestId, ...fields });
  }

  async function find(kid: string): Promise<SigningKeyRecord> {
    const found = (await signingKeys.list()).find((key) => key.kid === kid);
    if (found === undefined) throw signingKeyNotFound();
    return found;
  }

  return {
    /** All keys, the oldest first. */
    async list(caller: Caller): Promise<readonly SigningKeyView[]> {
      requireOperator(caller);
      return (await signingKeys.list()).map(toView);
    },

    /**
     * Begins a rotation: publishes a next key, which signs once every verifier can have it. With a next key already there
     * nothing changes. With `now` the next key signs at once: verifiers that do not fetch the key set for an unknown key
     * refuse new tokens until their copy of it expires.
     * @returns the keys afterwards.
     */
    async rotate(caller: Caller, { now }: { now: boolean }): Promise<readonly SigningKeyView[]> {
      requireOperator(caller);
      await (now ? replaceNow(caller) : publish(caller));
      await signingKeys.refresh();
      return (await signingKeys.list()).map(toView);
    },

    /**
     * Deletes a key: its tokens are refused, here at once and on other instances within seconds.
     * @param force replaces the key first when it is the one that signs
     * @throws DomainError `signing_key_not_found`, `signing_key_in_use`
     */
    async retire(caller: Caller, kid: string, { force }: { force: boolean }): Promise<void> {
      requireOperator(caller);
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const { state } = await find(kid);
        if (state === 'signing') {
          if (!force) throw signingKeyInUse();
          await replaceNow(caller);
        }
        if (await signingKeys.delete(kid)) {
          logger.warn('deleted a signing key', { request_id: caller.requestId, kid, state });
          await signingKeys.refresh();
          return;
        }
      }
      throw signingKeyInUse();
    },

    readPreviousMasterKey: createReadPreviousMasterKey(ports),
    reset: createResetSigningKeys(ports),

    /** One round of the scheduled rotation. */
    maintain: createRotateSigningKeys({
      ...{ signingKeys, times, logger },
      masterKeyUses: ports.masterKeyUses,
    }),
  };
}

function after(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}
