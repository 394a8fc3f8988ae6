import type { Limits } from '../../src/application/limits/limits.ts';

/** Limits that refuse nothing. */
export const noLimits: Limits = {
  check: async () => {},
  allow: async () => true,
  checkService: () => {},
  stats: () => ({ refused: {} as never }),
};
