import { expect, it } from 'vitest';
import { createDeleteOldRevocations } from './delete-old-revocations.ts';

it('deletes only what was visible when the previous run ended', async () => {
  const deletions: [string, number][] = [];
  let snapshots = 0;
  const run = createDeleteOldRevocations({
    sessions: {
      async listRevoked(snapshot, limit) {
        expect([snapshot, limit]).toEqual([null, 0]);
        snapshots += 1;
        return {
          sessionIds: [],
          snapshot: `snapshot ${snapshots}`,
          isBehind: false,
          isAllRevoked: false,
          serverStarted: '',
          databaseTimeMs: 0,
        };
      },
      async deleteOldRevocations(seenIn, limit) {
        deletions.push([seenIn, limit]);
        return 0;
      },
    },
  });
  const once = async (remove: () => Promise<number>) => void (await remove());
  await run(once, 5);
  expect(deletions).toEqual([]);
  await run(once, 5);
  await run(once, 5);
  expect(deletions).toEqual([
    ['snapshot 1', 5],
    ['snapshot 2', 5],
  ]);
});
