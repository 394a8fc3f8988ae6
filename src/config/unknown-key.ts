import type { Findings } from './findings.ts';
import { nearest } from './nearest.ts';
import { definitionOf, fileKeyOf, keys } from './schema.ts';

/** Every name that is valid in a file or a flag, and the key to suggest for it. */
const suggestions: ReadonlyMap<string, string> = new Map(
  keys.flatMap((key): [string, string][] => {
    const section = key.slice(0, key.lastIndexOf('.'));
    const aliases = definitionOf(key).aliases.map((alias): [string, string] => [
      `${section}.${alias.slice(section.length + 1).toLowerCase()}`,
      key,
    ]);
    const fileKey = fileKeyOf(key);
    return [
      [key, key],
      ...aliases,
      ...(fileKey === undefined ? [] : [[fileKey, fileKey] as [string, string]]),
    ];
  }),
);

/** The part of an unknown name that is safe to show: a typo may have put a secret after it. */
export function safeName(name: string): string {
  const shown = /^[A-Za-z0-9_.-]{0,80}/.exec(name)?.[0] ?? '';
  return shown === name ? name : `${shown}…`;
}

/** The most similar known key, also for other spellings (`publicUrl`, `public-url`). */
export function nearestKey(name: string): string | undefined {
  const normal = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
  const found = nearest(normal, suggestions.keys());
  return found === undefined ? undefined : suggestions.get(found);
}

/** Records the error of an unknown key; `origin` is `flag`, or the file and line. */
export function addUnknownKey(findings: Findings, name: string, origin: string): void {
  const key = safeName(name);
  const close = nearestKey(name);
  findings.problems.push({
    key,
    source: origin === 'flag' ? `flag --${key}` : origin,
    problem: 'is not a known key',
    ...(close === undefined ? {} : { nearest: close }),
  });
}
