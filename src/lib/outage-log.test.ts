import { describe, expect, test } from 'vitest';
import { createOutageLog } from './outage-log.ts';

function setUp(options: { readonly quietMs?: number } = {}) {
  const lines: string[] = [];
  const clock = { nowMs: 0 };
  const log = createOutageLog({
    ...options,
    nowMs: () => clock.nowMs,
    onOutage: (error) => lines.push(`outage: ${(error as Error).message}`),
    onRecovery: (failures) => lines.push(`recovered after ${failures}`),
  });
  return { log, lines, clock };
}

describe('an outage log', () => {
  test('reports the first failure and the first success after it', () => {
    const { log, lines } = setUp();
    log.succeeded();
    log.failed(new Error('refused'));
    log.failed(new Error('refused again'));
    log.succeeded();
    log.succeeded();
    log.failed(new Error('gone'));
    expect(lines).toEqual(['outage: refused', 'recovered after 2', 'outage: gone']);
  });

  test('takes a success among failures for no recovery before the quiet time', () => {
    const { log, lines, clock } = setUp({ quietMs: 5_000 });
    log.failed(new Error('slow'));
    clock.nowMs = 4_999;
    log.succeeded();
    log.failed(new Error('slow'));
    clock.nowMs = 9_998;
    log.succeeded();
    clock.nowMs = 9_999;
    log.succeeded();
    expect(lines).toEqual(['outage: slow', 'recovered after 2']);
  });
});
