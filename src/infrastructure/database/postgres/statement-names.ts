/** Decides under which name a statement is prepared on a connection. */
export interface StatementNames {
  /** undefined where statements are not prepared. */
  of(name: string | undefined): string | undefined;
  /**
   * From now on every statement is prepared anew, on every connection: a table has changed under the prepared ones.
   * The old ones stay on the server until their connection ends.
   */
  renew(): void;
}

/** @param enabled false behind a pooler that gives each transaction another server connection. */
export function createStatementNames(enabled: boolean): StatementNames {
  let generation = 0;
  return {
    of(name) {
      if (!enabled || name === undefined) return undefined;
      return generation === 0 ? name : `${name}_${generation}`;
    },
    renew() {
      generation += 1;
    },
  };
}
