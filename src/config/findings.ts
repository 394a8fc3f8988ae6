import type { ConfigProblem } from './config-error.ts';
import { definitionOf, type Key } from './schema.ts';
import { Secret } from './secret.ts';
import type { SecretFile } from './secret-files.ts';

/** Where a value can be set, from the weakest to the strongest. */
export const RANKS = ['file', 'environment', 'flag'] as const;
export type Rank = (typeof RANKS)[number];

/** Reads a whole file as UTF-8 text. @throws the error of `fs.readFileSync` */
export type ReadFile = (path: string) => string;

/** One place that sets a key; the value is not parsed yet. */
export interface Candidate {
  readonly key: Key;
  /** `file` if the input is the path of a file with the secret. */
  readonly form: 'text' | 'yaml' | 'file';
  readonly input: unknown;
  readonly source: string;
}

interface Given {
  readonly value: unknown;
  readonly source: string;
}

/** The values, errors and warnings found so far. */
export interface Findings {
  readonly given: Readonly<Record<Rank, Map<Key, Given>>>;
  readonly problems: ConfigProblem[];
  readonly warnings: string[];
  /** Files that secrets were read from. */
  readonly secretFiles: SecretFile[];
  /** Keys with an error. Rules that read them are skipped, so that no consequence is reported as an error. */
  readonly invalidKeys: Set<Key>;
}

export function createFindings(): Findings {
  const given = { file: new Map(), environment: new Map(), flag: new Map() };
  return { given, problems: [], warnings: [], secretFiles: [], invalidKeys: new Set() };
}

/** Records an error of a known key. */
export function addProblem(
  findings: Findings,
  key: Key,
  problem: Omit<ConfigProblem, 'key'>,
): void {
  findings.problems.push({ key, ...problem });
  findings.invalidKeys.add(key);
}

const MAX_SECRET_LENGTH = 65_536;

/** The text of a secret's file without its last line break, or a clause that says why there is none. */
function readSecretFile(path: unknown, readFile: ReadFile): { text: string } | { wrong: string } {
  if (typeof path !== 'string' || path === '') return { wrong: 'is not a path' };
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    return { wrong: `names a file that ${describeFileError(error)}` };
  }
  // Editors and shells of Windows put a byte order mark first and a carriage return last.
  const stripped = content.replace(/^\uFEFF/, '').replace(/\r?\n$|\r$/, '');
  if (stripped === '') return { wrong: 'names an empty file' };
  if (stripped.length > MAX_SECRET_LENGTH) return { wrong: 'names a file that is too long' };
  return { text: stripped };
}

/** Says why a file could not be read, as the end of "a file that". */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read (permission denied)';
  if (code === 'EISDIR') return 'is a folder';
  if (code === 'ENOTDIR') return 'is below another file';
  if (code === 'ERR_NOT_UTF8') return 'is not UTF-8 text';
  return `cannot be read (${code})`;
}

/** A wrong value for a message: quoted, and only if it is short and cannot be a credential. */
function echo(key: Key, input: unknown): string {
  const shown = JSON.stringify(input) ?? '';
  return definitionOf(key).kind.echo && shown.length <= 40 && typeof input !== 'object'
    ? `${shown} `
    : '';
}

/** Remembers the file of a secret: one of its own, or the file of the configuration. */
function noteSecretFile(findings: Findings, { key, form, input, source }: Candidate): void {
  if (form === 'file') findings.secretFiles.push({ path: String(input), source });
  if (form !== 'yaml' || !definitionOf(key).kind.secret) return;
  const path = source.replace(/^file /, '').replace(/ line \d+$/, '');
  findings.secretFiles.push({ path, source: key });
}

function read(findings: Findings, candidate: Candidate, rank: Rank, readFile: ReadFile): void {
  const { key, form, input, source } = candidate;
  const { kind } = definitionOf(key);
  const content = form === 'file' ? readSecretFile(input, readFile) : { text: input };
  if ('wrong' in content) {
    addProblem(findings, key, {
      source,
      problem: content.wrong,
      expected: 'a readable file that contains the secret',
    });
    return;
  }
  noteSecretFile(findings, candidate);
  const parsed =
    form === 'yaml' ? kind.parseYaml(content.text) : kind.parseText(String(content.text));
  if ('value' in parsed) {
    findings.given[rank].set(key, { value: parsed.value, source });
    return;
  }
  const serviceLink =
    typeof input === 'string' && input.startsWith('tcp://') && rank === 'environment'
      ? ' (Kubernetes sets this variable for a service of that name; set `enableServiceLinks: false`)'
      : '';
  addProblem(findings, key, {
    source,
    problem: `${echo(key, input)}${parsed.wrong}${serviceLink}`,
    expected: kind.expected,
  });
}

/**
 * Parses the candidates of one source. A key that is set twice there must have the same value both
 * times; a secret is set either directly or through a file.
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
      addProblem(findings, key, { problem: `is set by ${both}`, expected: 'one of them' });
    }
  }
}

/** Compares two values, secrets by their content. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Secret && b instanceof Secret) return a.reveal() === b.reveal();
  return a === b;
}
