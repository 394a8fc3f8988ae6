/** Gives the caller of the key at an index its value. */
export type Resolve<V> = (index: number, value: V) => void;

interface Pending<V> {
  readonly resolve: (value: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches calls made in the same event-loop turn into one request; under load the round trip dominates. Each caller gets
 * its value as soon as `load` has it.
 * @param load resolves the keys by their index. When it rejects, each key that is not resolved yet is rejected with its
 * error; when it returns, each such key is rejected with an error of its own.
 * @param maxBatchSize size that one request takes; a full batch does not wait for the end of the turn.
 * @param sizeOf size of a key that stands for several; 1 by default. A larger one than `maxBatchSize` goes alone.
 */
export function createBatcher<K, V>(
  load: (keys: K[], resolve: Resolve<V>) => Promise<void>,
  maxBatchSize: number,
  sizeOf: (key: K) => number = () => 1,
): (key: K) => Promise<V> {
  let keys: K[] = [];
  let size = 0;
  let pending: Pending<V>[] = [];

  async function send(): Promise<void> {
    const sentKeys = keys;
    /** A caller that has its value is removed. */
    const sent: (Pending<V> | undefined)[] = pending;
    keys = [];
    pending = [];
    size = 0;
    if (sentKeys.length === 0) return;
    let unresolved = sent.length;
    const rejectUnresolved = (error: unknown): void => {
      for (const caller of sent) caller?.reject(error);
    };
    try {
      await load(sentKeys, (index, value) => {
        const caller = sent[index];
        if (caller === undefined) return;
        caller.resolve(value);
        sent[index] = undefined;
        unresolved -= 1;
      });
      // Only now: the stack of an error that no caller needs would cost more than the rest of the batch.
      if (unresolved > 0) rejectUnresolved(new Error('the batch was loaded without this key'));
    } catch (error) {
      rejectUnresolved(error);
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      const added = sizeOf(key);
      if (size + added > maxBatchSize) void send();
      if (keys.length === 0) setImmediate(send);
      keys.push(key);
      pending.push({ resolve, reject });
      size += added;
      if (size >= maxBatchSize) void send();
    });
}
