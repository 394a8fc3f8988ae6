import type { Candidate, Findings } from './findings.ts';
import { definitionOf, isKey, secretOf } from './schema.ts';
import { addUnknownKey } from './unknown-key.ts';

/** One configuration flag of the command line; `value` is undefined if it has none. */
export interface ConfigFlag {
  /** Without the dashes: a key, or `config` for the path of the file. */
  readonly name: string;
  readonly value: string | undefined;
}

/** The configuration flags of a command line, and everything else in its order. */
interface SplitArguments {
  readonly flags: readonly ConfigFlag[];
  readonly rest: readonly string[];
}

function takesNext(name: string, next: string | undefined): boolean {
  if (next === undefined || next.startsWith('--')) return false;
  const bare = isKey(name) && definitionOf(name).kind.bareFlag;
  return !bare || next === 'true' || next === 'false';
}

/**
 * Separates `--config FILE` and every `--a.b VALUE` or `--a.b=VALUE` before a `--` from the other
 * arguments. It does not check names: `loadConfig` reports unknown ones. A boolean flag needs no
 * value; it takes the next argument only if that is `true` or `false`.
 */
export function takeConfigFlags(args: readonly string[]): SplitArguments {
  const flags: ConfigFlag[] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (argument === '--') {
      rest.push(...args.slice(index));
      break;
    }
    const [, name, assigned] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined || !(name === 'config' || name.includes('.'))) {
      rest.push(argument);
    } else if (assigned !== undefined) {
      flags.push({ name, value: assigned });
    } else if (takesNext(name, args[index + 1])) {
      index += 1;
      flags.push({ name, value: args[index] });
    } else {
      flags.push({ name, value: undefined });
    }
  }
  return { flags, rest };
}

/** The keys that the flags set. Unknown flags and missing values are errors; secrets in flags are warnings. */
export function flagCandidates(flags: readonly ConfigFlag[], findings: Findings): Candidate[] {
  return flags.flatMap(({ name, value }): Candidate[] => {
    if (name === 'config') return [];
    const source = `flag --${name}`;
    const secret = secretOf(name);
    const key = isKey(name) ? name : secret;
    if (key === undefined) {
      addUnknownKey(findings, name, 'flag');
      return [];
    }
    const { kind } = definitionOf(key);
    const input = value ?? (kind.bareFlag ? 'true' : undefined);
    if (input === undefined) {
      findings.problems.push({
        key: name,
        source,
        problem: 'has no value',
        expected: kind.expected,
      });
      findings.invalidKeys.add(key);
      return [];
    }
    if (kind.secret && secret === undefined) {
      findings.warnings.push(
        `${source}: other users of this machine can see flags; use --${name}_file or the environment`,
      );
    }
    return [{ key, form: secret === undefined ? 'text' : 'file', input, source }];
  });
}
