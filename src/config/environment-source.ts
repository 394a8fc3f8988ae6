import type { Candidate, Findings } from './findings.ts';
import { nearest } from './nearest.ts';
import { definitionOf, environmentName, fileKeyOf, type Key, keys, topSections } from './schema.ts';

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
    if (!prefixes.some((prefix) => name.startsWith(prefix))) continue;
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
