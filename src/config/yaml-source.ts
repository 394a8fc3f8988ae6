import type { Document, LineCounter, Node, Pair, YAMLMap } from 'yaml';
import type { Candidate, Findings } from './findings.ts';
import { isKey, isSection, secretOf } from './schema.ts';
import { addUnknownKey, safeName } from './unknown-key.ts';

type Yaml = typeof import('yaml');

const MAX_LENGTH = 1_048_576;
const MAX_DEPTH = 8;

interface Walk {
  readonly yaml: Yaml;
  readonly label: string;
  readonly lines: LineCounter;
  readonly findings: Findings;
  readonly candidates: Candidate[];
}

/**
 * The keys that the text of a YAML file sets. `label` names the file in messages. A syntax error
 * names only its line: the parser’s own messages quote the file, which may contain secrets. Aliases
 * are refused, so that a small file cannot expand to a large document.
 */
export async function yamlCandidates(
  text: string,
  label: string,
  findings: Findings,
): Promise<Candidate[]> {
  if (text.length > MAX_LENGTH) {
    findings.problems.push({ source: label, problem: 'is longer than 1 MiB' });
    return [];
  }
  // Loaded on demand: the YAML parser adds tens of milliseconds to a start, and most starts have no file.
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = parse(yaml, text, lines);
  if (document === undefined) {
    findings.problems.push({ source: label, problem: 'is not valid YAML (nested too deeply)' });
    return [];
  }
  const problems = [...document.errors, ...document.warnings];
  for (const { code, pos } of problems) {
    const source = `${label} line ${lines.linePos(pos[0]).line}`;
    findings.problems.push({ source, problem: `is not valid YAML (${describeCode(code)})` });
  }
  if (document.errors.length > 0) return [];
  const walk: Walk = { yaml, label, lines, findings, candidates: [] };
  const root = document.contents;
  if (yaml.isMap(root)) visitMap(walk, root, '', 0);
  else if (root !== null && !(yaml.isScalar(root) && root.value === null)) {
    findings.problems.push({
      source: label,
      problem: 'is not a mapping',
      expected: 'sections such as `server:`',
    });
  }
  return walk.candidates;
}

function parse(yaml: Yaml, text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return yaml.parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
      stringKeys: true,
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function describeCode(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}

function sourceOf(walk: Walk, node: unknown): string {
  const offset = walk.yaml.isNode(node) ? (node.range?.[0] ?? 0) : 0;
  return `${walk.label} line ${walk.lines.linePos(offset).line}`;
}

function visitMap(walk: Walk, map: YAMLMap, prefix: string, depth: number): void {
  const seen = new Map<string, string>();
  for (const pair of map.items) {
    const source = sourceOf(walk, pair.key);
    const name = walk.yaml.isScalar(pair.key) ? String(pair.key.value) : '';
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const earlier = seen.get(name);
    if (earlier !== undefined) {
      const problem = `is set twice, first on ${earlier.slice(walk.label.length + 1)}`;
      walk.findings.problems.push({ key: safeName(path), source, problem });
      if (isKey(path)) walk.findings.invalidKeys.add(path);
      continue;
    }
    seen.set(name, source);
    visitPair(walk, pair, path, source, depth);
  }
}

function visitPair(walk: Walk, pair: Pair, path: string, source: string, depth: number): void {
  const { yaml, findings, candidates } = walk;
  const node = pair.value;
  const report = (problem: string, expected?: string): void => {
    const key = safeName(path);
    findings.problems.push({
      key,
      source,
      problem,
      ...(expected === undefined ? {} : { expected }),
    });
    if (isKey(path)) findings.invalidKeys.add(path);
  };
  const isNull = node === null || (yaml.isScalar(node) && node.value === null);
  if (yaml.isAlias(node)) {
    report('is an alias', 'the value itself');
    return;
  }
  const name = yaml.isScalar(pair.key) ? String(pair.key.value) : '';
  if (name.includes('.') && isKey(path)) {
    report('is written with dots', 'nested sections');
    return;
  }
  const secret = secretOf(path);
  if (isKey(path) || secret !== undefined) {
    if (isNull) return;
    const key = secret ?? (isKey(path) ? path : undefined);
    if (key === undefined) return;
    const input = plainValue(yaml, node as Node);
    candidates.push(
      secret === undefined
        ? { key, form: 'yaml', input, source }
        : { key, form: 'file', input, source },
    );
  } else if (yaml.isMap(node) && node.items.length > 0 && depth < MAX_DEPTH) {
    visitMap(walk, node, path, depth + 1);
  } else if (!isSection(path)) {
    addUnknownKey(findings, path, source);
  } else if (!isNull && !yaml.isMap(node)) {
    report('is not a mapping', 'a section with keys in it');
  }
}

/** Scalars and lists of scalars as JavaScript values; other nodes as an object, which every kind refuses. */
function plainValue(yaml: Yaml, node: Node): unknown {
  if (yaml.isScalar(node)) return node.value;
  if (yaml.isSeq(node)) {
    return node.items.map((item) => (yaml.isScalar(item) ? item.value : {}));
  }
  return {};
}
