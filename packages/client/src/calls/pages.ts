import { type Reply, unwrap } from '../result.ts';
import type { Send } from './send.ts';
import type { Call } from './wire.ts';

/** A list: `for await` reads all its elements, `page` one page. Nothing is sent before. */
export interface Pages<Page, Item, P> extends AsyncIterable<Item> {
  /** The page at `cursor` of the query, or the first one. */
  page(): Promise<Reply<Page, P>>;
  /**
   * Reads page by page to the end, one at a time.
   * @throws ProblemError with the problem of a page that could not be read
   */
  [Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined>;
}

type AnyPage = Readonly<Record<string, readonly unknown[]>> & {
  readonly next_cursor?: string | null;
};

export function pagesOf(call: Call, send: Send): Pages<unknown, unknown, unknown> {
  return {
    page: () => send(call),
    async *[Symbol.asyncIterator]() {
      let input = call.input;
      for (;;) {
        const page = unwrap(await send({ ...call, input })) as AnyPage;
        yield* page[call.operation.items] ?? [];
        if (page.next_cursor === undefined || page.next_cursor === null) return;
        input = { ...(call.input as object), cursor: page.next_cursor };
      }
    },
  };
}
