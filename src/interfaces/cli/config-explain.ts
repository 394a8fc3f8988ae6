import { nearest } from '../../config/nearest.ts';
import { definitionOf, environmentName, fileKeyOf, type Key, keys } from '../../config/schema.ts';

/** What the documentation says of one key. */
interface Explanation {
  readonly key: Key;
  readonly meaning: string;
  readonly type: string;
  readonly default: string;
  readonly environment: readonly string[];
  readonly flag: string;
}

/** Explains a key, which may also be spelt as its environment variable or its flag. */
export function explainKey(name: string): Explanation | undefined {
  const spelling = name.replace(/^--/, '');
  const key = keys.find(
    (candidate) => candidate === spelling || variablesOf(candidate).includes(spelling),
  );
  if (key === undefined) return undefined;
  const { kind, doc, presence, fallback, derivation } = definitionOf(key);
  const unset = { optional: 'none', expanded: 'none; it sets other keys' } as const;
  return {
    key,
    meaning: plain(doc),
    type: plain(kind.label),
    default:
      presence === 'default'
        ? show(kind.format(fallback))
        : plain(presence === 'derived' ? (derivation ?? '') : unset[presence]),
    environment: variablesOf(key),
    flag: `--${key}`,
  };
}

/** The key that is spelt most like the text. */
export function nearestKey(name: string): string | undefined {
  return nearest(name, keys, MAX_EDITS);
}

const MAX_EDITS = 3;

function variablesOf(key: Key): string[] {
  const names = [environmentName(key), ...definitionOf(key).aliases];
  return fileKeyOf(key) === undefined ? names : [...names, ...names.map((name) => `${name}_FILE`)];
}

function show(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Markdown's backticks are for the generated page. */
function plain(markdown: string): string {
  return markdown.replaceAll('`', '');
}

/** The lines of an explanation for people. */
export function explanationLines(explanation: Explanation): string[] {
  const { key, meaning, environment, ...rest } = explanation;
  const rows = {
    type: rest.type,
    default: rest.default,
    environment: environment.join(', '),
    flag: rest.flag,
  };
  return [
    `${key}: ${meaning}`,
    ...Object.entries(rows).map(([name, value]) => `  ${name.padEnd(11)}  ${value}`),
  ];
}
