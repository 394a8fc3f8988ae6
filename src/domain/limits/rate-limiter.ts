/**
 * One limit of a request, as the generic cell rate algorithm (GCRA) counts it: a bucket of `burst` units that regains one
 * unit in each interval.
 */
export interface Bucket {
  /** Unique among all limits. It contains no personal data. */
  readonly key: string;
  /** Whole microseconds in which one unit comes back. */
  readonly intervalUs: number;
  /** Units that a full bucket holds; a whole number from 1. */
  readonly burst: number;
  /** Units that the request takes; at most `burst`. */
  readonly cost: number;
}

/** A bucket after a request. Times are in whole microseconds. */
export interface BucketState {
  /** Time until the request would fit; 0 when it does. */
  readonly waitUs: number;
  /** Time until the bucket is full again. */
  readonly fillUs: number;
}

/** Counts requests against limits. */
export interface RateLimiter {
  /**
   * Counts one request in all buckets, or in none when it does not fit in one of them.
   * @returns the states in the order of the buckets
   */
  take(buckets: readonly Bucket[]): Promise<readonly BucketState[]>;
}
