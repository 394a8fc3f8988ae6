import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEPENDENCY_REASONS } from '../../../src/domain/dependency-failure.ts';
import { SOURCE_METRICS } from '../../../src/infrastructure/metrics/definitions.ts';
import { fencedBlocks, inlineCode } from '../../support/markdown.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(join(root, 'docs/run-it/runbook.md'), 'utf8');
const codes = inlineCode(page);
/** Statements that pages may name: they are for an administrator of PostgreSQL, and no remedy. */
const ADMINISTRATION: ReadonlySet<string> = new Set([
  // The service prints this command itself, for the role of an installation behind a pooler.
  'ALTER ROLE',
]);

describe('docs/run-it', () => {
  it.each(readdirSync(join(root, 'docs/run-it')).filter((name) => name.endsWith('.md')))(
    'has no page that needs SQL: %s',
    (name) => {
      const text = readFileSync(join(root, 'docs/run-it', name), 'utf8');
      expect(fencedBlocks(text).filter(({ language }) => language === 'sql')).toEqual([]);
      const statements = [
        ...fencedBlocks(text).map((block) => block.text),
        ...inlineCode(text),
      ].filter((code) =>
        /\bpsql\b|^\s*(?:select\s|insert into\s|update \w+ set\s|delete from\s|alter \w|create (?:role|table)\s|drop (?:role|table)\s|grant \w)/im.test(
          code,
        ),
      );
      expect(statements.filter((code) => !ADMINISTRATION.has(code))).toEqual([]);
    },
  );
});

describe('docs/run-it/runbook.md', () => {
  it('has a page for every alert, and names no other', () => {
    const named = [...page.matchAll(/^\| `(UserService\w+)` /gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(alerts().sort());
    const mentioned = codes.flatMap((code) => code.match(/\bUserService\w+/g) ?? []);
    expect(mentioned.filter((name) => !alerts().includes(name))).toEqual([]);
  });

  it('names only metrics that the service exports, with labels that they have', () => {
    const labels = exportedLabels();
    const named = codes.filter((code) => /^user_service_\w+/.test(code));
    expect(named.length).toBeGreaterThan(10);
    const unknown = named.filter((code) => {
      const [, name = '', label] = /^user_service_(\w+)(?:\{(\w+)="\w+"\})?$/.exec(code) ?? [];
      return !labels.has(name) || (label !== undefined && labels.get(name) !== label);
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

describe('docs/reference/health.md', () => {
  it('explains each reason of the service, and no other', () => {
    const table = readFileSync(join(root, 'docs/reference/health.md'), 'utf8');
    const rows = [...table.matchAll(/^\| `(\w+)` +\| (.+?) +\|$/gm)];
    expect(Object.fromEntries(rows.map(([, reason, meaning]) => [reason, meaning]))).toEqual(
      DEPENDENCY_REASONS,
    );
  });
});

function alerts(): string[] {
  const file = readFileSync(join(root, 'deploy/alert-rules.yaml'), 'utf8');
  const { groups } = parse(file) as { groups: { rules: { alert: string }[] }[] };
  return groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
}

/** The label of each metric by its name without the service's; undefined for one without. */
function exportedLabels(): ReadonlyMap<string, string | undefined> {
  const definitions: readonly { name: string; label?: string }[] =
    Object.values(SOURCE_METRICS).flat();
  const labels = definitions.map(({ name, label }) => [name, label] as const);
  return new Map([...labels, ['metrics_failed_readings_total', 'source']]);
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
