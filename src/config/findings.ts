import type { ConfigFault } from './config-error.ts';
import { definitionOf, type Key } from './schema.ts';
import { Secret } from './secret.ts';

/** Where a value can be set, from the weakest to the strongest. */
export const RANKS = ['file', 'environment', 'flag'] as const;
export type Rank = (typeof RANKS)[number];

/** Reads a whole file as UTF-8 text; throws like `fs.readFileSync`. */
export type ReadFile = (path: string) => string;

/** One place that sets a key, not yet read. */
export interface Candidate {
  readonly key: Key;
  /** `file` where the input is the path of a file that holds the secret. */
  readonly form: 'text' | 'yaml' | 'file';
  readonly input: unknown;
  readonly source: string;
}

/** A value that was read, and where it came from. */
interface Given {
  readonly value: unknown;
  readonly source: string;
}

/** What the sources said so far. */
export interface Findings {
  readonly given: Readonly<Record<Rank, Map<Key, Given>>>;
  readonly faults: ConfigFault[];
  readonly warnings: string[];
  /** Keys with a fault; rules that need them are left out, to report no consequences as faults. */
  readonly faulty: Set<Key>;
}

/** Findings with nothing in them. */
export function createFindings(): Findings {
  const given = { file: new Map(), environment: new Map(), flag: new Map() };
  return { given, faults: [], warnings: [], faulty: new Set() };
}

/** Records a fault of a known key. */
export function addFault(findings: Findings, key: Key, fault: Omit<ConfigFault, 'key'>): void {
  findings.faults.push({ key, ...fault });
  findings.faulty.add(key);
}

const MAX_SECRET_LENGTH = 65_536;

/** The text of a secret's file without its last line break; a clause about it where there is none. */
function readSecretFile(path: unknown, readFile: ReadFile): { text: string } | { wrong: string } {
  if (typeof path !== 'string' || path === '') return { wrong: 'is not a path' };
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    return { wrong: `names a file that ${describeFileError(error)}` };
  }
  const stripped = content.replace(/\r?\n$/, '');
  if (stripped === '') return { wrong: 'names an empty file' };
  if (stripped.length > MAX_SECRET_LENGTH) return { wrong: 'names a file that is too long' };
  return { text: stripped };
}

/** Why a file could not be read, in words that fit after "a file that". */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  if (code === 'EISDIR') return 'is a folder';
  return `cannot be read (${code})`;
}

/** A wrong value as it may be repeated: short, quoted, and only where it cannot be a credential. */
function echo(key: Key, input: unknown): string {
  const shown = JSON.stringify(input) ?? '';
  return definitionOf(key).kind.echo && shown.length <= 40 && typeof input !== 'object'
    ? `${shown} `
    : '';
}

function read(findings: Findings, candidate: Candidate, rank: Rank, readFile: ReadFile): void {
  const { key, form, input, source } = candidate;
  const { kind } = definitionOf(key);
  const content = form === 'file' ? readSecretFile(input, readFile) : { text: input };
  if ('wrong' in content) {
    addFault(findings, key, {
      source,
      problem: content.wrong,
      expected: 'a readable file with the secret in it',
    });
    return;
  }
  const parsed =
    form === 'yaml' ? kind.parseYaml(content.text) : kind.parseText(String(content.text));
  if ('value' in parsed) {
    findings.given[rank].set(key, { value: parsed.value, source });
    return;
  }
  const serviceLink =
    typeof input === 'string' && input.startsWith('tcp://') && rank === 'environment'
      ? ' (Kubernetes sets such variables for a service of that name: `enableServiceLinks: false`)'
      : '';
  addFault(findings, key, {
    source,
    problem: `${echo(key, input)}${parsed.wrong}${serviceLink}`,
    expected: kind.expected,
  });
}

/**
 * Reads the candidates of one source. A key set twice there must be set to the same value, and a
 * secret either directly or through a file.
 */
export function readCandidates(
  findings: Findings,
  candidates: readonly Candidate[],
  rank: Rank,
  readFile: ReadFile,
): void {
  const byKey = new Map<Key, Candidate[]>();
  for (const candidate of candidates) {
    byKey.set(candidate.key, [...(byKey.get(candidate.key) ?? []), candidate]);
  }
  for (const [key, [first, ...others]] of byKey) {
    if (first === undefined) continue;
    const conflict = others.find(
      (other) => other.form !== first.form || other.input !== first.input,
    );
    if (conflict === undefined) {
      read(findings, first, rank, readFile);
    } else {
      const sources = `${first.source} and ${conflict.source}`;
      const both = first.source === conflict.source ? `${first.source} twice` : sources;
      addFault(findings, key, { problem: `is set by ${both}`, expected: 'one of them' });
    }
  }
}

/** True if both values are equal, secrets compared by what they hide. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Secret && b instanceof Secret) return a.reveal() === b.reveal();
  return a === b;
}
