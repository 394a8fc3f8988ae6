import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { anonymous, createMemoryStore } from '../../../test/support/ports.ts';
import {
  createRecordFailedAuthentication,
  FAILURE_EVENTS_PER_SECOND,
  type FailedAuthentication,
} from './record-failed-authentication.ts';

const wrong: FailedAuthentication = {
  reason: 'wrong_password',
  userId: 'user 1',
  userVersion: 4,
  locked: null,
};
const unknown: FailedAuthentication = {
  reason: 'unknown_email',
  userId: null,
  userVersion: null,
  locked: null,
};

function setUp() {
  const state = { nowMs: 5_000_000, isDown: false };
  const logger = createRecordingLogger();
  const { events, unitOfWork } = createMemoryStore(null);
  const record = createRecordFailedAuthentication({
    unitOfWork: {
      run: (context, work) =>
        state.isDown ? Promise.reject(new Error('database down')) : unitOfWork.run(context, work),
    },
    clock: { now: () => new Date(state.nowMs) },
    logger,
    resetPasswordUrl: 'https://users.test/reset',
  });
  return { record, state, logger, events };
}

describe('a failed authentication', () => {
  it('writes one event, with the user if there is one', async () => {
    const { record, events } = setUp();
    await record(anonymous, wrong);
    await record(anonymous, unknown);
    expect(events).toEqual([
      {
        type: 'authentication.failed',
        userId: 'user 1',
        userVersion: 4,
        data: { reason: 'wrong_password', suppressed: 0 },
      },
      {
        type: 'authentication.failed',
        userId: null,
        userVersion: null,
        data: { reason: 'unknown_email', suppressed: 0 },
      },
    ]);
  });

  it('writes one log line with request, client and reason, with or without an event', async () => {
    const { record, logger } = setUp();
    for (let count = 0; count < FAILURE_EVENTS_PER_SECOND + 3; count += 1) {
      await record(anonymous, wrong);
    }
    expect(logger.lines).toHaveLength(FAILURE_EVENTS_PER_SECOND + 3);
    expect(logger.lines.at(-1)).toEqual({
      level: 'warn',
      message: 'authentication refused',
      fields: {
        request_id: 'request-1',
        client_ip: '192.0.2.1',
        user_id: 'user 1',
        reason: 'wrong_password',
      },
    });
  });

  it('is counted beyond the limit of a second, for known and unknown addresses alike, and the next event has the count', async () => {
    const { record, state, events } = setUp();
    for (let count = 0; count < FAILURE_EVENTS_PER_SECOND + 7; count += 1) {
      await record(anonymous, count % 2 === 0 ? wrong : unknown);
    }
    expect(events).toHaveLength(FAILURE_EVENTS_PER_SECOND);
    state.nowMs += 1_000;
    await record(anonymous, unknown);
    await record(anonymous, unknown);
    expect(events.slice(-2).map((event) => event.data)).toEqual([
      { reason: 'unknown_email', suppressed: 7 },
      { reason: 'unknown_email', suppressed: 0 },
    ]);
  });

  it('is counted when its event cannot be stored', async () => {
    const { record, state, events } = setUp();
    state.isDown = true;
    await expect(record(anonymous, wrong)).rejects.toThrow('database down');
    await expect(record(anonymous, wrong)).rejects.toThrow('database down');
    state.isDown = false;
    await record(anonymous, wrong);
    expect(events).toMatchObject([{ data: { suppressed: 2 } }]);
  });
});
