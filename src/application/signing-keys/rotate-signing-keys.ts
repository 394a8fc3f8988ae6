import type { Logger } from '../../domain/ports.ts';
import type { MasterKeyUses } from '../../domain/signing-key/master-key-uses.ts';
import type { SigningKeys } from '../../domain/signing-key/signing-keys.ts';

export interface RotationTimes {
  /** Age at which the key that signs is replaced; 0 turns the schedule off. */
  readonly rotationIntervalMs: number;
  /**
   * How long a next key is published before it signs: the time for which verifiers cache the key set, and the time after
   * which every instance has the key.
   */
  readonly publishedMs: number;
  /** How long a retired key verifies: the longest life of a token, the leeway, and the longest use of an old ring. */
  readonly retiredMs: number;
}

interface Deps {
  readonly signingKeys: SigningKeys;
  readonly masterKeyUses: Pick<MasterKeyUses, 'recordCurrent' | 'recordPrevious'>;
  readonly times: RotationTimes;
  readonly logger: Logger;
}

/**
 * One round of the rotation, on each instance every minute. Each step stands alone: an instance that ends between two of
 * them leaves the rest to the next round of any instance. `models/signing-key-rotation.pml` is the protocol.
 */
export function createRotateSigningKeys({ signingKeys, masterKeyUses, times, logger }: Deps) {
  return async (): Promise<void> => {
    let changed = false;
    await masterKeyUses.recordCurrent();
    const moved = await signingKeys.reseal();
    if (moved > 0) {
      await masterKeyUses.recordPrevious();
      logger.info('encrypted signing keys under the current master key', { count: moved });
    }
    for (const kid of await signingKeys.deleteRetired(times.retiredMs)) {
      logger.info('deleted a retired signing key', { kid });
      changed = true;
    }
    const activated = await signingKeys.activateNext(times.publishedMs);
    if (activated !== null) {
      const { kid, algorithm, formerKid } = activated;
      logger.info('a new key signs access tokens', { kid, algorithm, former_kid: formerKid });
      changed = true;
    }
    if (times.rotationIntervalMs > 0) {
      const keys = await signingKeys.list();
      const isDue = keys.some(
        ({ state, ageMs }) => state === 'signing' && ageMs >= times.rotationIntervalMs,
      );
      // Another instance may publish first: a key is generated for nothing then, and the statement inserts none.
      if (isDue && keys.every(({ state }) => state !== 'next')) {
        const kid = await signingKeys.publishNext(times.rotationIntervalMs);
        if (kid !== null) {
          logger.info('published the next signing key', { kid, reason: 'schedule' });
          changed = true;
        }
      }
    }
    if (changed) await signingKeys.refresh();
  };
}
