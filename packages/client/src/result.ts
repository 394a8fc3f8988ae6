/**
 * What a call returns. Expected failures are values: the compiler makes the caller look at `ok`.
 *
 * @typeParam P - the problem documents of the call, a union by `code`
 */
export type Result<T, P> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problem: P };
