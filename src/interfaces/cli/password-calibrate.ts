import { ARGON2_FLOOR } from '../../config/argon2-floor.ts';
import { type CliIo, EXIT } from './io.ts';
import { createTableWriter } from './table.ts';

/** The two Argon2id parameters that decide the time of a hash. */
export interface HashingCost {
  readonly memoryKib: number;
  readonly iterations: number;
}

/** What a machine and its configuration give to password hashing. */
export interface HashingCapacity {
  /** Hashes at the same time: `password.hashing_slots`. */
  readonly slots: number;
  readonly current: HashingCost;
  /** Memory that this process may use, in MiB. */
  readonly memoryMib: number;
  /** Measures the median time of one hash while all slots compute one, in milliseconds. */
  measure(cost: HashingCost): Promise<number>;
}

export interface CalibrateOptions {
  /** Longest time of one hash while all slots are busy, in milliseconds. */
  readonly target: number;
  /** Memory that all slots may use together, in MiB; a quarter of the memory of this process by default. */
  readonly memory?: number;
  readonly json?: boolean;
}

interface MeasuredCost extends HashingCost {
  readonly ms: number;
}

export interface Calibration {
  readonly measured: readonly MeasuredCost[];
  readonly proposed: MeasuredCost;
  /** False when even the weakest parameters that are allowed take longer. */
  readonly meetsTarget: boolean;
}

const KIB_PER_MIB = 1_024;
/** In KiB, from the default to 1 GiB. RFC 9106 §4 prefers memory to iterations. */
const MEMORY_STEPS = [19_456, 47_104, 65_536, 131_072, 262_144, 524_288, 1_048_576];
/** `password.argon2.iterations` takes no more. */
const MAX_ITERATIONS = 100;
/** How often the iterations are corrected after a measurement. */
const MAX_CORRECTIONS = 3;
const MEMORY_SHARE = 4;

/**
 * Finds the strongest parameters that keep to the target: as much memory as fits, then as many iterations as fit. It
 * measures at most eleven settings; each is a few hashes for every slot.
 */
export async function calibrate(
  { slots, measure }: Pick<HashingCapacity, 'slots' | 'measure'>,
  { targetMs, memoryMib }: { readonly targetMs: number; readonly memoryMib: number },
  onMeasured: (cost: MeasuredCost) => void = () => {},
): Promise<Calibration> {
  const measured: MeasuredCost[] = [];
  const take = async (cost: HashingCost): Promise<MeasuredCost> => {
    const result = { ...cost, ms: await measure(cost) };
    measured.push(result);
    onMeasured(result);
    return result;
  };
  const perSlotKib = (memoryMib * KIB_PER_MIB) / slots;
  let best: MeasuredCost | undefined;
  for (const memoryKib of MEMORY_STEPS.filter((step) => step <= perSlotKib)) {
    const cost = await take({ memoryKib, iterations: fewestIterations(memoryKib) });
    if (cost.ms > targetMs) break;
    best = cost;
  }
  if (best === undefined) return await weakest(take, perSlotKib, measured, targetMs);
  for (let correction = 0; correction < MAX_CORRECTIONS; correction += 1) {
    const iterations = Math.min(
      MAX_ITERATIONS,
      Math.floor((targetMs * best.iterations) / Math.max(best.ms, Number.MIN_VALUE)),
    );
    if (iterations <= best.iterations) break;
    const cost = await take({ memoryKib: best.memoryKib, iterations });
    if (cost.ms > targetMs) break;
    best = cost;
  }
  return { measured, proposed: best, meetsTarget: true };
}

/** All parameters of the floor are about as expensive: the first one that fits into the memory is proposed. */
async function weakest(
  take: (cost: HashingCost) => Promise<MeasuredCost>,
  perSlotKib: number,
  measured: readonly MeasuredCost[],
  targetMs: number,
): Promise<Calibration> {
  const tried = measured[0];
  if (tried !== undefined) return { measured, proposed: tried, meetsTarget: false };
  const smallest = ARGON2_FLOOR[ARGON2_FLOOR.length - 1] ?? ARGON2_FLOOR[0];
  const proposed = await take(ARGON2_FLOOR.find((row) => row.memoryKib <= perSlotKib) ?? smallest);
  return { measured, proposed, meetsTarget: proposed.ms <= targetMs };
}

/** The fewest iterations that are allowed with this memory. */
function fewestIterations(memoryKib: number): number {
  return Math.min(
    ...ARGON2_FLOOR.filter((row) => row.memoryKib <= memoryKib).map(({ iterations }) => iterations),
  );
}

/** Runs `password calibrate`. @returns the exit code */
export async function runCalibrate(
  capacity: HashingCapacity,
  { target, memory, json }: CalibrateOptions,
  io: Pick<CliIo, 'stdout' | 'stderr' | 'tableColumns'>,
): Promise<number> {
  const { slots, current } = capacity;
  const memoryMib = memory ?? Math.floor(capacity.memoryMib / MEMORY_SHARE);
  const limits = { targetMs: target, memoryMib };
  io.stderr(
    `Measuring with ${slots} at once: at most ${target} ms for a hash, ${memoryMib} MiB for all.`,
  );
  const { measured, proposed, meetsTarget } = await calibrate(capacity, limits, (cost) =>
    io.stderr(`  ${memoryText(cost)}, ${cost.iterations} iterations: ${msText(cost)}`),
  );
  if (json === true) {
    const limitsJson = { slots, target_ms: target, memory_mib: memoryMib };
    const cost = ({ memoryKib, iterations, ms }: MeasuredCost) => ({
      ...{ memory_kib: memoryKib, iterations, ms },
      hashes_per_second: perSecond(slots, ms),
    });
    io.stdout(
      JSON.stringify({
        ...limitsJson,
        measured: measured.map(cost),
        proposed: cost(proposed),
        meets_target: meetsTarget,
      }),
    );
    return EXIT.done;
  }
  const table = createTableWriter(['MEMORY', 'ITERATIONS', 'TIME', 'HASHES/S', 'ALL SLOTS'], io);
  table.write(
    measured.map((cost) => [
      ...[memoryText(cost), String(cost.iterations), msText(cost)],
      ...[String(perSecond(slots, cost.ms)), `${mib(cost.memoryKib * slots)} MiB`],
    ]),
  );
  io.stdout(
    meetsTarget
      ? 'The strongest parameters that keep to this:'
      : 'No allowed parameters keep to this. The weakest allowed ones:',
  );
  io.stdout(`  password.argon2.memory_kib: ${proposed.memoryKib}`);
  io.stdout(`  password.argon2.iterations: ${proposed.iterations}`);
  io.stdout(`  password.hashing_slots: ${slots}`);
  const isSame =
    proposed.memoryKib === current.memoryKib && proposed.iterations === current.iterations;
  io.stdout(
    isSame
      ? 'They are configured already.'
      : 'Set them on every instance. The hash of a user is renewed at the next sign-in.',
  );
  return EXIT.done;
}

function perSecond(slots: number, ms: number): number {
  return Number(((slots * 1_000) / ms).toFixed(1));
}

function memoryText({ memoryKib }: HashingCost): string {
  return `${mib(memoryKib)} MiB`;
}

function mib(kib: number): number {
  return Math.round(kib / KIB_PER_MIB);
}

function msText({ ms }: MeasuredCost): string {
  return `${ms.toFixed(1)} ms`;
}
