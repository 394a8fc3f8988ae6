import type { Candidate, Findings } from './findings.ts';
import { editDistance, nearest } from './nearest.ts';
import { definitionOf, environmentName, fileKeyOf, type Key, keys, topSections } from './schema.ts';
import { safeName } from './unknown-key.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable {
  readonly name: string;
  readonly key: Key;
  readonly form: 'text' | 'file';
}

/** Every environment variable that is read, including aliases and the `_FILE` names of secrets. */
export const variables: readonly Variable[] = keys.flatMap((key): Variable[] => {
  const names = [environmentName(key), ...definitionOf(key).aliases];
  const direct = names.map((name): Variable => ({ name, key, form: 'text' }));
  const fromFile = names.map((name): Variable => ({ name: `${name}_FILE`, key, form: 'file' }));
  return fileKeyOf(key) === undefined ? direct : [...direct, ...fromFile];
});

const known: ReadonlySet<string> = new Set(variables.map(({ name }) => name));
const prefixes = topSections.map((section) => `${environmentName(section)}_`);

/** The keys that the environment sets; an empty variable counts as unset. */
export function environmentCandidates(environment: Environment): Candidate[] {
  return variables.flatMap(({ name, key, form }): Candidate[] => {
    const input = environment[name];
    if (input === undefined || input === '') return [];
    return [{ key, form, input, source: `environment ${name}` }];
  });
}

/**
 * Warns of variables that look like a misspelt key. They are not errors: other software uses names
 * such as `REDIS_...` in the same environment.
 */
export function warnOfNearMisses(environment: Environment, findings: Findings): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '' || known.has(name)) continue;
    if (isServiceLink(name, value)) continue;
    if (!prefixes.some((prefix) => name.startsWith(prefix))) {
      const meant = otherSpelling(name) ?? variableOfMisspeltSection(name);
      if (meant !== undefined) {
        findings.warnings.push(`environment ${safeName(name)} is not read; did you mean ${meant}?`);
      }
      continue;
    }
    const direct = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : '';
    if (known.has(direct)) {
      findings.warnings.push(`environment ${name} is not read: only secrets are read from files`);
      continue;
    }
    const close = nearestVariable(name);
    if (close !== undefined) {
      findings.warnings.push(`environment ${name} is not read; did you mean ${close}?`);
    }
  }
}

/** Variables that Kubernetes sets for each service of a namespace, whatever the service is called. */
function isServiceLink(name: string, value: string): boolean {
  return (
    /^(tcp|udp|sctp):\/\//.test(value) ||
    /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/.test(name)
  );
}

/** The variable that differs in case and separators only, as in `database.host`. */
function otherSpelling(name: string): string | undefined {
  const spelling = name.replace(/[.-]/g, '_').toUpperCase();
  return known.has(spelling) ? spelling : undefined;
}

/** A long section may have two errors, a short one a single one: `RDS_HOST` is not `REDIS_HOST`. */
const LONG_SECTION = 7;
/** A shorter rest of the name must be exact. */
const LONG_REST = 4;

/** The variable whose section is misspelt, as in `DATABSE_HOST`, with at most one other error. */
function variableOfMisspeltSection(name: string): string | undefined {
  for (const prefix of prefixes) {
    const section = prefix.slice(0, -1);
    const allowed = section.length >= LONG_SECTION ? 2 : 1;
    for (let length = section.length - allowed; length <= section.length + allowed; length += 1) {
      if (name[length] !== '_') continue;
      if (editDistance(name.slice(0, length), section) > allowed) continue;
      const rest = name.slice(length + 1);
      const rests = variables
        .filter((variable) => variable.name.startsWith(prefix))
        .map((variable) => variable.name.slice(prefix.length));
      const close = nearest(rest, rests, rest.length >= LONG_REST ? 1 : 0);
      if (close !== undefined) return `${prefix}${close}`;
    }
  }
  return undefined;
}

/** The most similar variable of the same section: at most two edits, or one if the name is short. */
function nearestVariable(name: string): string | undefined {
  const prefix = prefixes.find((candidate) => name.startsWith(candidate));
  if (prefix === undefined) return undefined;
  const rest = name.slice(prefix.length);
  const candidates = variables
    .filter((variable) => variable.name.startsWith(prefix))
    .map((variable) => variable.name.slice(prefix.length));
  const close = nearest(rest, candidates, rest.length <= 5 ? 1 : 2);
  return close === undefined ? undefined : `${prefix}${close}`;
}
