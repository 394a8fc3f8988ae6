/** One operation, from a row of the generated table. */
export interface Operation {
  readonly method: string;
  /** Template such as `/v1/users/{id}`. */
  readonly path: string;
  /** What the argument after the ids is: `q` a query, `j` JSON, `m` a merge patch, `f` a form; `-` for none. */
  readonly input: string;
  /**
   * `p` public: without credentials; `k` takes an idempotency key; `r` only reads; `s` repeatable by itself; `g` so in the
   * grace of a refresh; `o` OAuth errors; `w` the response itself; `t` text; `n` 503 has a body like 200; `l` a list with
   * cursors; `b` batches. Without `k`, `r`, `s` and `g`, only `GET` is repeatable.
   */
  readonly flags: string;
  /** Name of the list in a page of a list with cursors. */
  readonly items: string;
  /** The codes of problems of the operation. */
  readonly codes: ReadonlySet<string>;
}

/** Groups of rows: `METHOD PATH INPUT FLAGS ITEMS CODES`, see `scripts/generate-client.ts`. */
export type OperationTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Letters of the codes in the rows, in the order of the list of codes. */
export const CODE_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-';

/** @param oauthCodes - the codes of rows with the flag `o` */
export function readOperation(
  row: string,
  codes: readonly string[],
  oauthCodes: readonly string[],
): Operation {
  const [method = '', path = '', input = '', flags = '', items = '', letters = ''] = row.split(' ');
  const known = flags.includes('o') ? oauthCodes : codes;
  return {
    method,
    path,
    input,
    flags,
    items,
    codes: new Set([...letters].map((letter) => known[CODE_LETTERS.indexOf(letter)] ?? '')),
  };
}
