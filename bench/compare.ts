import type { Context, Row, Single } from './context.ts';

/** What one slice of a measurement found. */
export interface Slice {
  /** Successful responses, or units of work done. */
  readonly perSecond: number;
  /** NaN where single responses are not timed. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the measured process for each of them, in microseconds; null when the system does not tell. */
  readonly cpuUs: number | null;
}

/** One of two programs that do the same work. */
export interface Side {
  readonly title: string;
  /** Runs before the slices, not measured. */
  warmUp?(): Promise<unknown>;
  /** Measures one slice. */
  slice(): Promise<Slice>;
}

/** Median, smallest and largest value of the slices. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Measured {
  readonly perSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly cpuUs: Spread | null;
}

export interface Labels {
  readonly id: string;
  readonly target?: number;
  readonly maxCpuUs?: number;
}

/**
 * Measures floor and service in alternating slices. The order is swapped in each round, so that neither always runs on
 * a machine that the other one has warmed up. The ratio is taken of the two slices of one round, which a slow moment of
 * the machine affects alike.
 */
export async function compare(
  context: Pick<Context, 'options' | 'progress'>,
  labels: Labels,
  sides: { readonly service: Side; readonly floor: Side },
): Promise<Row> {
  const { rounds } = context.options;
  const { service, floor } = sides;
  for (const side of [floor, service]) {
    if (side.warmUp === undefined) continue;
    context.progress(`${labels.id}: warming up: ${side.title}`);
    await side.warmUp();
  }
  const measured = { service: [] as Slice[], floor: [] as Slice[] };
  for (let round = 1; round <= rounds; round += 1) {
    const order =
      round % 2 === 1 ? (['floor', 'service'] as const) : (['service', 'floor'] as const);
    context.progress(`${labels.id}: ${service.title}, round ${round} of ${rounds}`);
    for (const name of order) measured[name].push(await sides[name].slice());
  }
  const ratios = measured.service.map(
    ({ perSecond }, round) => perSecond / (measured.floor[round]?.perSecond ?? Number.NaN),
  );
  return {
    kind: 'row',
    ...labels,
    title: service.title,
    floorTitle: floor.title,
    service: summarize(measured.service),
    floor: summarize(measured.floor),
    ratio: spreadOf(ratios),
  };
}

/** Measures what has no floor, in as many slices. */
export async function measureAlone(
  context: Pick<Context, 'options' | 'progress'>,
  labels: Labels,
  side: Side,
): Promise<Single> {
  const { rounds } = context.options;
  await side.warmUp?.();
  const slices: Slice[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    context.progress(`${labels.id}: ${side.title}, round ${round} of ${rounds}`);
    slices.push(await side.slice());
  }
  return { kind: 'single', ...labels, title: side.title, service: summarize(slices) };
}

function summarize(slices: readonly Slice[]): Measured {
  const times = slices.map(({ cpuUs }) => cpuUs).filter((cpuUs) => cpuUs !== null);
  return {
    perSecond: spreadOf(slices.map(({ perSecond }) => perSecond)),
    p50Ms: spreadOf(slices.map(({ p50Ms }) => p50Ms)),
    p99Ms: spreadOf(slices.map(({ p99Ms }) => p99Ms)),
    cpuUs: times.length === slices.length ? spreadOf(times) : null,
  };
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** The value below which this part of the values lies; 0 without values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
