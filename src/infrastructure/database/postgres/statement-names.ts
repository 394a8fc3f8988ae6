/** The names under which statements are prepared on connections. */
export interface StatementNames {
  /** @returns undefined when statements are not prepared. */
  of(name: string | undefined): string | undefined;
  /**
   * Changes all names, so that every connection prepares every statement again. Needed when a table has changed since
   * they were prepared. The old statements stay on the server until their connection ends.
   */
  renew(): void;
}

/** @param enabled false behind a pooler that uses another server connection for each transaction. */
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
