import type {
  KnownStream,
  LeaseReading,
  OutboxQueue,
  RelayLease,
} from '../../domain/outbox/outbox-queue.ts';

interface Deps {
  readonly queue: Pick<OutboxQueue, 'acquireLease' | 'findLease'>;
  readonly holder: string;
  readonly leaseTtlMs: number;
  readonly monotonicMs: () => number;
}

/**
 * Acquires the lease once it has expired. The database's clock decides, unless it was set back: then the time of expiry
 * is far away for as long as the clock went back. So a lease that was not renewed for its whole lifetime, measured by
 * the clock of this process, counts as expired too: its holder has stopped by its own clock.
 */
export function createLeaseWatch({ queue, holder, leaseTtlMs, monotonicMs }: Deps) {
  let seen: { readonly reading: LeaseReading; readonly sinceMs: number } | null = null;

  return async function acquire(): Promise<{
    readonly lease: RelayLease;
    readonly stream: KnownStream | null;
  } | null> {
    const isUnrenewed = seen !== null && monotonicMs() - seen.sinceMs >= leaseTtlMs;
    const unrenewed = isUnrenewed ? (seen?.reading ?? null) : null;
    const acquired = await queue.acquireLease(holder, leaseTtlMs, unrenewed);
    if (acquired !== null) {
      seen = null;
      return acquired;
    }
    const reading = await queue.findLease();
    const isSame =
      seen?.reading.epoch === reading?.epoch && seen?.reading.expiresAt === reading?.expiresAt;
    if (!isSame) seen = reading === null ? null : { reading, sinceMs: monotonicMs() };
    return null;
  };
}
