import { expect, test } from 'vitest';
import { anonymous } from '../../../test/support/ports.ts';
import { finishInAnyCase } from './finish-in-any-case.ts';

test('a transaction that must end is begun in time only, and then has no deadline', () => {
  let isOver = false;
  const told: string[] = [];
  const deadline = {
    isOver: () => isOver,
    isAbandoned: () => isOver,
    beginCommit() {
      told.push('outcome unknown');
      return !isOver;
    },
  };
  expect(finishInAnyCase({ ...anonymous, deadline })).toEqual({ requestId: anonymous.requestId });
  expect(told).toEqual(['outcome unknown']);
  isOver = true;
  expect(() => finishInAnyCase({ ...anonymous, deadline })).toThrow('Nothing was changed');
  expect(finishInAnyCase(anonymous)).toEqual({ requestId: anonymous.requestId });
});
