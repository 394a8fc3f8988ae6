import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { MetricSources } from '../../../src/infrastructure/metrics/metric-sources.ts';
import { createPrometheusMetrics } from '../../../src/infrastructure/metrics/prometheus.ts';

const deploy = fileURLToPath(new URL('../../../deploy', import.meta.url));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** A query, and the text beside it that may name labels. */
interface Query {
  readonly where: string;
  readonly expr: string;
  readonly text: string;
}

const rules = (
  parse(readFileSync(join(deploy, 'alert-rules.yaml'), 'utf8')) as {
    groups: { rules: Rule[] }[];
  }
).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana-dashboard.json'), 'utf8')) as {
  panels: Panel[];
  templating: { list: { query: string }[] };
};
const queries: readonly Query[] = [
  ...rules.map(({ alert, expr, annotations }) => ({
    where: alert,
    expr,
    text: Object.values(annotations).join(' '),
  })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ where: title, expr, text: legendFormat })),
  ),
];

/** What Prometheus adds to every series. */
const TARGET_LABELS = ['job', 'instance'];
/** Metrics that Prometheus makes itself. */
const OF_PROMETHEUS = new Map([['up', new Set(TARGET_LABELS)]]);
const exported = await exportedMetrics();

describe('alert rules and dashboard', () => {
  it.each(queries)('name only metrics that the service exports: $where, $expr', ({ expr }) => {
    const names = metricsIn(expr);
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !exported.has(name))).toEqual([]);
  });

  it.each(queries)('name only labels that these metrics have: $where, $expr', (query) => {
    const known = metricsIn(query.expr).flatMap((name) => [...(exported.get(name) ?? [])]);
    expect(labelsIn(query).filter((label) => !known.includes(label))).toEqual([]);
  });

  it('cover every metric of the service on the dashboard', () => {
    const shown = new Set(
      dashboard.panels.flatMap(({ targets = [] }) =>
        targets.flatMap(({ expr }) => metricsIn(expr)),
      ),
    );
    const own = [...exported.keys()].filter((name) => name.startsWith('user_service_'));
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('have alerts with names of their own, a severity and a text', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.description).toMatch(/\.$/);
    }
  });
});

/** Every series of a service that has all sources, with its labels. */
async function exportedMetrics(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = createPrometheusMetrics(
    {
      databasePool: () => ({
        total: 0,
        idle: 0,
        waiting: 0,
        abandoned: 0,
        commitsUnconfirmed: false,
      }),
      databaseClock: () => ({ offsetMs: 0 }),
      passwordHashing: () => ({
        active: 0,
        waiting: 0,
        refused: { queue_full: 0, displaced: 0, timeout: 0 },
      }),
      health: async () => {
        const failing = { status: 'down', reason: 'timeout' } as const;
        return {
          status: 'down',
          checks: { database: failing, cache: failing, messaging: failing },
        };
      },
      cache: () => ({ hits: 0, misses: 0, bypasses: 0, refusedFills: 0, errors: 0 }),
      eventNumbering: async () => ({ waiting: 0, oldestAgeMs: 0 }),
      outbox: async () => ({ waiting: 0, oldestAgeMs: 0, deadLetters: 0 }),
      revocations: () => ({ published: { commit: 0, feed: 0 }, failed: { commit: 0, feed: 0 } }),
      relay: () => ({
        leader: true,
        published: 0,
        refused: 0,
        unknown: 0,
        resent: 0,
        foreign: 0,
        lagMs: 0,
      }),
      mail: async () => ({
        waiting: 0,
        oldestAgeMs: 0,
        sent: 0,
        retried: 0,
        dead: 0,
        suppressed: { mailbox: 0, service: 0 },
      }),
      backgroundRequests: async () => ({
        challenge: { waiting: 0, oldestAgeMs: 0 },
        registration: { waiting: 0, oldestAgeMs: 0 },
      }),
      webhooks: async () => ({
        ...{ pending: 0, oldestAgeMs: 0, deadLetters: 0 },
        endpoints: { working: 0, failing: 0, disabled: 0 },
        ...{ delivered: 0, retried: 0, dead: 0, disabled: 0, skipped: 0 },
      }),
      idempotency: () => ({ outcomes: { replayed: 0 } }),
      breakers: () => ({ redis: false }),
      limits: () => ({ refused: { global: 0 }, fallbacks: 0 }),
      breachLookUps: () => ({ known: 0, unknown: 0, unchecked: 0 }),
      log: () => ({ unread: 0, droppedLines: 0 }),
    } satisfies Required<MetricSources>,
    '0.0.0',
  );
  metrics.observeRequest({ method: 'GET', route: '/', status: 200, seconds: 0 });
  metrics.observeStream({ route: '/', seconds: 0 });
  metrics.observeNatsRequest({ endpoint: 'get', status: 200, seconds: 0 });
  metrics.countDroppedNatsRequest('no_reply');
  metrics.countClosedConnection('address_limit');
  const failing = createPrometheusMetrics({ outbox: () => Promise.reject(new Error('down')) });
  const text = `${await metrics.render()}\n${await failing.render()}`;
  const found = new Map<string, Set<string>>(OF_PROMETHEUS);
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const known = found.get(name) ?? new Set(TARGET_LABELS);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

/** PromQL's own words that are followed by neither a bracket nor a brace; functions are known by their bracket. */
const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'on',
  'ignoring',
  'by',
  'without',
  'sum',
  'count',
]);

function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(?:by|on|without|ignoring) *\([^)]*\)/g, '')
    .replace(/\[[^\]]*\]/g, '');
  return [...bare.matchAll(/(?<![\w$.])[a-z]\w*(?![\w(]| *\()/g)]
    .map(([name]) => name)
    .filter((name) => !KEYWORDS.has(name));
}

function labelsIn({ expr, text }: Query): string[] {
  const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  );
  const grouped = [...expr.matchAll(/\b(?:by|on|without|ignoring) *\(([^)]*)\)/g)].flatMap(
    ([, list = '']) => list.split(',').map((label) => label.trim()),
  );
  const shown = [...text.matchAll(/\{\{ *(?:\$labels\.)?([a-z]\w*) *\}\}/g)].map(
    ([, label = '']) => label,
  );
  return [...matched, ...grouped, ...shown];
}
