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
 * @param maxBatchSize keys that one request takes; a full batch does not wait for the end of the turn.
 */
export function createBatcher<K, V>(
  load: (keys: K[], resolve: Resolve<V>) => Promise<void>,
  maxBatchSize: number,
): (key: K) => Promise<V> {
  let keys: K[] = [];
  let pending: Pending<V>[] = [];

  async function send(): Promise<void> {
    const [sentKeys, sent] = [keys, pending];
    keys = [];
    pending = [];
    if (sentKeys.length === 0) return;
    let failure: unknown = new Error('the batch was loaded without a value for this key');
    try {
      await load(sentKeys, (index, value) => sent[index]?.resolve(value));
    } catch (error) {
      failure = error;
    }
    // A promise that is resolved already ignores this.
    for (const caller of sent) caller.reject(failure);
  }

  return (key) =>
    new Promise((resolve, reject) => {
      if (keys.length === 0) setImmediate(send);
      keys.push(key);
      pending.push({ resolve, reject });
      if (keys.length >= maxBatchSize) void send();
    });
}
