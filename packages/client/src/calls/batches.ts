import type { AnyReply } from './reply.ts';
import type { Send } from './send.ts';
import type { Call } from './wire.ts';

/** Most ids of a request. */
const BATCH_SIZE = 500;
/** Most requests at once of one call. */
const CONCURRENCY = 4;

interface Found {
  readonly id: string;
}

/**
 * Reads any number of ids, 500 a request and four requests at once. Ids without an element are not in the map.
 * @returns a map by id, in the order of the ids; the first problem ends the call
 */
export async function inBatches(call: Call, send: Send): Promise<AnyReply> {
  const unique = [...new Set(call.input as Iterable<string>)];
  const batches: string[][] = [];
  for (let at = 0; at < unique.length; at += BATCH_SIZE)
    batches.push(unique.slice(at, at + BATCH_SIZE));
  const replies: AnyReply[] = [];
  let next = 0;
  let failed: AnyReply | undefined;
  const work = async (): Promise<void> => {
    while (next < batches.length && failed === undefined) {
      const at = next++;
      const reply = await send({ ...call, input: { ids: batches[at] } });
      replies[at] = reply;
      if (!reply.ok) failed ??= reply;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  if (failed !== undefined) return failed;
  const found = replies.flatMap(
    (reply) =>
      (reply as { data: Record<string, readonly Found[]> }).data[call.operation.items] ?? [],
  );
  const none = { requestId: '', status: 200, attempts: 0, replayed: false, maybeRepeated: false };
  const info = replies.at(-1)?.info ?? none;
  return { ok: true, data: new Map(found.map((element) => [element.id, element])), info };
}
