import type { Limits } from '../../src/application/limits/limits.ts';

/** Limits that refuse nothing. */
export const noLimits: Limits = {
  check: async () => {},
  checkService: () => {},
  stats: () => ({ refused: {} as never }),
};
