import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createPrometheusMetrics } from '../../src/infrastructure/metrics/prometheus.ts';
import { fencedBlocks, inlineCode } from '../support/markdown.ts';
import { allMetricSources } from '../support/metric-sources.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const codes = inlineCode(page);
const exported = await exportedNames();

describe('docs/operations.md', () => {
  it('has a page for every alert, and names no other', () => {
    const named = [...page.matchAll(/^\| `(UserService\w+)` /gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(alerts().sort());
    const mentioned = codes.flatMap((code) => code.match(/\bUserService\w+/g) ?? []);
    expect(mentioned.filter((name) => !alerts().includes(name))).toEqual([]);
  });

  it('names only metrics that the service exports, with labels that they have', () => {
    const named = codes.filter((code) => /^user_service_\w+/.test(code));
    expect(named.length).toBeGreaterThan(10);
    const unknown = named.filter((code) => {
      const [, name = '', labels] = /^(\w+)(?:\{(\w+=".*")\})?$/.exec(code) ?? [];
      return !exported.some(
        (line) => line.startsWith(name) && (labels === undefined || line.includes(`{${labels}}`)),
      );
    });
    expect(unknown).toEqual([]);
  });

  it('quotes only log messages that the service can write', () => {
    const quoted = codes.flatMap((code) => /^"([^:]+(?:: see [^"]+)?)"$/.exec(code)?.[1] ?? []);
    expect(quoted.length).toBeGreaterThan(15);
    expect(quoted.filter((message) => !source().includes(message))).toEqual([]);
  });

  it('shows reports of health as the service writes them', () => {
    const reports = fencedBlocks(page).filter(({ language }) => language === 'json');
    expect(reports.length).toBeGreaterThan(0);
    for (const { text } of reports) {
      const report = JSON.parse(text) as { status: string; checks: Record<string, unknown> };
      expect(['ok', 'degraded', 'down']).toContain(report.status);
      expect(Object.keys(report.checks)).toEqual(['database', 'cache', 'messaging']);
    }
  });

  it('leads to a page that says how to know that it is over, for every alert', () => {
    const rows = [...page.matchAll(/^\| `UserService\w+` +\| (.+) \|$/gm)];
    for (const [row, links = ''] of rows) {
      const targets = [...links.matchAll(/\]\(#([\w-]+)\)/g)].map(([, target = '']) => target);
      expect(targets.length, row).toBeGreaterThan(0);
      for (const target of targets) expect(sectionBy(target), target).toMatch(/\*\*Over when\*\*/);
    }
  });
});

function alerts(): string[] {
  const file = readFileSync(join(root, 'deploy/alert-rules.yaml'), 'utf8');
  const { groups } = parse(file) as { groups: { rules: { alert: string }[] }[] };
  return groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
}

/** The lines of a service that has every source. */
async function exportedNames(): Promise<string[]> {
  const metrics = createPrometheusMetrics(allMetricSources, '0.0.0');
  const failing = createPrometheusMetrics({ outbox: () => Promise.reject(new Error('down')) });
  return `${await metrics.render()}\n${await failing.render()}`.split('\n');
}

/** All of the program's own text, with template strings cut at what they fill in. */
function source(): string {
  const below = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return below(path);
      return /(?<!\.test)\.ts$/.test(entry.name) ? [readFileSync(path, 'utf8')] : [];
    });
  return below(join(root, 'src')).join('\n');
}

/** A section by the anchor that its heading makes. */
function sectionBy(anchor: string): string {
  const sections = page.split(/\n(?=## )/);
  const found = sections.find((section) => {
    const [, heading = ''] = /^## (.+)$/m.exec(section) ?? [];
    const made = heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-');
    return made === anchor;
  });
  return found ?? '';
}
