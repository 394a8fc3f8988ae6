import { expect, test } from 'vitest';
import { PATHS } from './paths.ts';
import { writeScaleReport } from './report.ts';
import { parseSizes } from './sizes.ts';

test('sizes are numbers of users in ascending order', () => {
  expect(parseSizes('1M,10k, 2000')).toEqual([2_000, 10_000, 1_000_000]);
  for (const wrong of ['', '10', '1G', '1.5M', '-1k', '999M', '10k,']) {
    expect(() => parseSizes(wrong), wrong).toThrow('--sizes takes numbers of users');
  }
});

test('all statements of the paths are found, with a value for each parameter', () => {
  const id = '01980000-0000-7000-8000-000000000001';
  const drawn = { id, email: `o'neill@example.com`, sample: 1 };
  const statements = PATHS.flatMap((path) =>
    path.kind === 'sql' ? path.statements(drawn, { lateId: id, snapshot: '1:1:' }) : [],
  );
  expect(statements).toHaveLength(6);
  expect(statements.join('\n')).toContain(`email = 'o''neill@example.com'`);
});

test('the ratio is that of the largest size to the smallest', () => {
  const bySize = new Map([
    [10_000, [{ title: 'read', p50Ms: 1, p99Ms: 2 }]],
    [1_000_000, [{ title: 'read', p50Ms: 1.5, p99Ms: 20 }]],
  ]);
  const measured = { samples: 200, machine: 'm', versions: { 'Node.js': '20' }, day: 'd' };
  const report = writeScaleReport(bySize, measured);
  expect(report).toContain('|  | 10 k | 1 M | 1 M : 10 k |');
  expect(report).toContain('| read | 1.00 / 2.00 | 1.50 / 20 | 1.5 / 10.0 |');
});
