import type { FakeClock } from './fake-clock.ts';
import { createId } from './fake-ids.ts';
import { createFakeLog, type FakeLog } from './fake-log.ts';

/** An entry of the revocation feed. Times are whole seconds. */
export interface TestRevocation {
  readonly kind: 'session' | 'user' | 'all';
  /** Null for `all`. */
  readonly id: string | null;
  readonly not_before: number;
  readonly until: number;
}

export interface FakeRevocations {
  readonly log: FakeLog<TestRevocation>;
  revoke(kind: TestRevocation['kind'], id: string | null): void;
  /** One entry for each kind and id that still concerns valid tokens. */
  current(): readonly TestRevocation[];
  /** The first second in which a token of the user can be issued that is not void. */
  firstIssuableAt(userId: string): number;
}

/** How long an entry is kept after the last token that it concerns has expired. */
const LEEWAY_SECONDS = 120;

export function createFakeRevocations(clock: FakeClock, accessTtlSeconds: number): FakeRevocations {
  const log = createFakeLog<TestRevocation>(clock);
  const latest = new Map<string, TestRevocation>();
  const keyOf = (kind: string, id: string | null): string => `${kind} ${id ?? ''}`;
  const current = (): readonly TestRevocation[] => {
    const now = clock.nowSeconds();
    for (const [key, { until }] of latest) if (until <= now) latest.delete(key);
    return [...latest.values()];
  };
  return {
    log,
    current,
    revoke(kind, id) {
      const notBefore = clock.nowSeconds();
      const until = notBefore + accessTtlSeconds + LEEWAY_SECONDS;
      const entry = { kind, id, not_before: notBefore, until };
      latest.set(keyOf(kind, id), entry);
      current();
      log.append(id ?? createId(clock.nowMs()), entry);
    },
    firstIssuableAt(userId) {
      const bounds = [latest.get(keyOf('user', userId)), latest.get(keyOf('all', null))];
      const voids = bounds.map((entry) => (entry === undefined ? 0 : entry.not_before + 1));
      return Math.max(clock.nowSeconds(), ...voids);
    },
  };
}
