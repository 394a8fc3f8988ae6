import { describe, expect, test } from 'vitest';
import { compare, quantile, type Slice, spreadOf } from './compare.ts';
import { parseCpuMs, readCpuMs } from './process-usage.ts';

const context = {
  options: {
    ...{ seconds: 1, rounds: 3, connections: 1, people: 1 },
    ...{ quick: false, only: [], output: '' },
  },
  progress: () => {},
};

function slice(perSecond: number, cpuUs: number | null = 10): Slice {
  return { perSecond, p50Ms: 1, p99Ms: 2, cpuUs };
}

describe('compare', () => {
  test('alternates, swaps the order in each round, and warms up both sides first', async () => {
    const calls: string[] = [];
    const side = (title: string) => ({
      title,
      warmUp: async () => calls.push(`warm ${title}`),
      slice: async () => {
        calls.push(title);
        return slice(1);
      },
    });
    await compare(context, { id: 'x' }, { service: side('service'), floor: side('floor') });
    expect(calls).toEqual([
      ...['warm floor', 'warm service'],
      ...['floor', 'service', 'service', 'floor', 'floor', 'service'],
    ]);
  });

  test('takes the ratio of the slices of one round, not of the medians', async () => {
    const rates = { service: [10, 40, 90], floor: [10, 80, 100] };
    const side = (name: 'service' | 'floor') => ({
      title: name,
      slice: async () => slice(rates[name].shift() ?? Number.NaN),
    });
    const row = await compare(
      context,
      { id: 'x' },
      { service: side('service'), floor: side('floor') },
    );
    expect(row.ratio).toEqual({ median: 0.9, min: 0.5, max: 1 });
    expect(row.service.perSecond).toEqual({ median: 40, min: 10, max: 90 });
    expect(row.floor.perSecond).toEqual({ median: 80, min: 10, max: 100 });
  });

  test('gives no CPU time when a slice has none', async () => {
    const side = (cpuUs: number | null) => ({ title: '', slice: async () => slice(1, cpuUs) });
    const row = await compare(context, { id: 'x' }, { service: side(null), floor: side(7) });
    expect(row.service.cpuUs).toBeNull();
    expect(row.floor.cpuUs).toEqual({ median: 7, min: 7, max: 7 });
  });
});

test('a median of an even number of values lies between the two in the middle', () => {
  expect(spreadOf([9, 1, 4, 2])).toEqual({ median: 3, min: 1, max: 9 });
});

test('quantiles are values of the list', () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile([], 0.5)]).toEqual([51, 100, 0]);
});

describe('CPU time', () => {
  test('is user and system time, whatever the name of the process', () => {
    const fields = 'S 1 2 3 0 -1 4194304 5 0 0 0 250 150 0 0 20 0 11 0 99';
    expect(parseCpuMs(`4711 (a) b (c) ${fields}`)).toBe(4_000);
  });

  test('of a process that does not exist is unknown', () => {
    expect(readCpuMs(2 ** 30)).toBeNull();
  });
});
