import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../test/support/cli-setting.ts';
import { ARGON2_FLOOR } from '../../config/argon2-floor.ts';
import { calibrate, type HashingCapacity, type HashingCost } from './password-calibrate.ts';

/** A machine whose time for a hash grows with its work. */
function machine(msPerMibPass: number, slots = 2): HashingCapacity & { measuredCount(): number } {
  let count = 0;
  return {
    slots,
    current: { memoryKib: 19_456, iterations: 2 },
    memoryMib: 4_096,
    async measure({ memoryKib, iterations }: HashingCost) {
      count += 1;
      return (memoryKib / 1_024) * iterations * msPerMibPass;
    },
    measuredCount: () => count,
  };
}

const isAllowed = ({ memoryKib, iterations }: HashingCost) =>
  ARGON2_FLOOR.some((row) => memoryKib >= row.memoryKib && iterations >= row.iterations);

describe('calibrate', () => {
  test('takes as much memory as fits into the time, then as many iterations', async () => {
    const { proposed, meetsTarget } = await calibrate(machine(0.5), {
      targetMs: 100,
      memoryMib: 1_024,
    });
    expect(meetsTarget).toBe(true);
    // 128 MiB take 64 ms, 256 MiB would take 128 ms, and so would two passes over 128 MiB.
    expect(proposed).toMatchObject({ memoryKib: 131_072, iterations: 1 });
  });

  test('raises the iterations when the memory is the limit', async () => {
    const { proposed } = await calibrate(machine(0.5), { targetMs: 100, memoryMib: 100 });
    // 46 MiB for each of two slots: 23 ms a pass.
    expect(proposed).toMatchObject({ memoryKib: 47_104, iterations: 4 });
  });

  test('proposes the weakest allowed parameters on a machine that is too slow', async () => {
    const { proposed, meetsTarget } = await calibrate(machine(20), {
      targetMs: 100,
      memoryMib: 1_024,
    });
    expect(meetsTarget).toBe(false);
    expect(proposed).toMatchObject({ memoryKib: 19_456, iterations: 2 });
  });

  test('takes less memory with more iterations when the default does not fit', async () => {
    const { proposed } = await calibrate(machine(0.1), { targetMs: 100, memoryMib: 24 });
    expect(proposed).toMatchObject({ memoryKib: 12_288, iterations: 3 });
  });

  test('never proposes what the configuration refuses, and measures at most eleven settings', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.001, max: 100, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        async (msPerMibPass, slots, targetMs, memoryMib) => {
          const tried = machine(msPerMibPass, slots);
          const { proposed, meetsTarget } = await calibrate(tried, { targetMs, memoryMib });
          expect(isAllowed(proposed)).toBe(true);
          expect(proposed.iterations).toBeLessThanOrEqual(100);
          expect(meetsTarget).toBe(proposed.ms <= targetMs);
          expect(tried.measuredCount()).toBeLessThanOrEqual(11);
        },
      ),
    );
  });
});

describe('password calibrate', () => {
  const hashingCapacity = async () => machine(0.5);

  test('prints what it measured and the keys to set', async () => {
    const run = await runCommand(['password', 'calibrate'], { hashingCapacity });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('  password.argon2.memory_kib: 131072');
    expect(run.stdout).toContain('  password.argon2.iterations: 1');
    expect(run.stdout).toContain('  password.hashing_slots: 2');
    expect(run.stderr[0]).toBe(
      'Measuring with 2 at once: at most 100 ms for a hash, 1024 MiB for all.',
    );
  });

  test('says when the proposed parameters are configured already', async () => {
    const slow = async () => machine(2.4);
    const run = await runCommand(['password', 'calibrate'], { hashingCapacity: slow });
    expect(run.stdout.at(-1)).toBe('They are configured already.');
  });

  test('--json gives the measurements and the proposal', async () => {
    const run = await runCommand(['password', 'calibrate', '--json', '--memory', '100'], {
      hashingCapacity,
    });
    expect(JSON.parse(run.stdout.join(''))).toMatchObject({
      ...{ slots: 2, target_ms: 100, memory_mib: 100, meets_target: true },
      proposed: { memory_kib: 47_104, iterations: 4, ms: 92, hashes_per_second: 21.7 },
    });
  });

  test.each(['0', '10001', '1.5', 'fast'])('refuses the target %s', async (target) => {
    const run = await runCommand(['password', 'calibrate', '--target', target], {
      hashingCapacity,
    });
    expect(run.code).toBe(2);
    expect(run.output).toContain('--target');
  });
});
