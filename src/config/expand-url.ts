import type { ConfigProblem } from './config-error.ts';
import {
  decode,
  type Expansion,
  expandDatabaseUrl,
  MalformedPart,
  type Part,
} from './expand-database-url.ts';
import { addProblem, type Findings, RANKS, type Rank, sameValue } from './findings.ts';
import { showParameter } from './libpq-uri.ts';
import { definitionOf, type ExpandedKey, type Key } from './schema.ts';
import { Secret } from './secret.ts';

function present(key: Key, encoded: string): Part[] {
  return encoded === '' ? [] : [[key, decode(encoded)]];
}

/** Reads a Redis URL (the IANA registrations of `redis` and `rediss`). @throws MalformedPart */
function expandRedisUrl(text: string): Expansion {
  if (!/^rediss?:\/\//i.test(text)) return { wrong: 'does not begin with redis:// or rediss://' };
  if (!URL.canParse(text)) return { wrong: 'is not a URL' };
  const parsed = new URL(text);
  // A `#` in a password would hide the rest of the URL.
  if (text.includes('#')) return { wrong: 'has a # that is not written as %23' };
  const [parameter] = parsed.searchParams.keys();
  if (parameter !== undefined) {
    return { wrong: `has ${showParameter(parameter)}, which is not supported` };
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    parts: [
      ...present('redis.host', host),
      ...present('redis.port', parsed.port),
      ...present('redis.username', parsed.username),
      ...present('redis.password', parsed.password),
      ...present('redis.db', parsed.pathname.slice(1)),
      ...(parsed.protocol === 'rediss:' ? [['redis.tls', 'true'] as const] : []),
    ],
  };
}

const EXPANSIONS: Readonly<Record<ExpandedKey, (text: string) => Expansion>> = {
  'database.url': expandDatabaseUrl,
  'redis.url': expandRedisUrl,
};

const HOSTS: Readonly<Record<ExpandedKey, Key>> = {
  'database.url': 'database.host',
  'redis.url': 'redis.host',
};

function expand(key: ExpandedKey, text: string, hasHost: boolean): Expansion {
  try {
    const expansion = EXPANSIONS[key](text);
    if ('wrong' in expansion || hasHost) return expansion;
    const named = expansion.parts.some(([part]) => part === HOSTS[key]);
    return named ? expansion : { wrong: 'names no host' };
  } catch (error) {
    if (error instanceof MalformedPart) return { wrong: 'has a malformed %-escape' };
    throw error;
  }
}

/**
 * Sets the keys that a URL key stands for, with the precedence of the source of the URL. A part wins
 * over weaker sources and loses to stronger ones. A key with another value in the same source is an
 * error.
 */
export function expandUrls(findings: Findings): void {
  for (const rank of RANKS) {
    for (const key of Object.keys(EXPANSIONS) as ExpandedKey[]) expandAt(findings, key, rank);
  }
  warnOfDroppedTls(findings, 'redis.tls', (value) => value === true);
  warnOfDroppedTls(findings, 'database.ssl_mode', (value) => !UNENCRYPTED.has(String(value)));
}

/** Modes with which a connection may be unencrypted. */
const UNENCRYPTED: ReadonlySet<string> = new Set(['disable', 'allow', 'prefer']);

/** A stronger source may turn off the TLS that a URL asks for, but not without a word. */
function warnOfDroppedTls(
  findings: Findings,
  key: Key,
  isEncrypted: (value: unknown) => boolean,
): void {
  const settings = RANKS.flatMap((rank) => findings.given[rank].get(key) ?? []);
  const strongest = settings.at(-1);
  if (strongest === undefined || isEncrypted(strongest.value)) return;
  const dropped = settings.find(
    ({ value, source }) => source.includes('.url in ') && isEncrypted(value),
  );
  if (dropped === undefined) return;
  findings.warnings.push(
    `${dropped.source} asks for TLS, but ${strongest.source} sets ${key} to ${strongest.value}`,
  );
}

function expandAt(findings: Findings, key: ExpandedKey, rank: Rank): void {
  const values = findings.given[rank];
  const given = values.get(key);
  if (given === undefined || !(given.value instanceof Secret)) return;
  const source = given.source;
  const { expected } = definitionOf(key).kind;
  const report = (problem: string, wanted: string): void => {
    const text: Omit<ConfigProblem, 'key'> = { source, problem, expected: wanted };
    addProblem(findings, key, text);
  };
  const hasHost = RANKS.some((other) => findings.given[other].has(HOSTS[key]));
  const expansion = expand(key, given.value.reveal(), hasHost);
  if ('wrong' in expansion) {
    report(expansion.wrong, expansion.expected ?? expected);
    return;
  }
  for (const [part, text] of expansion.parts) {
    const parsed = definitionOf(part).kind.parseText(text);
    const explicit = values.get(part);
    if ('wrong' in parsed) {
      report(`has a wrong ${part}`, definitionOf(part).kind.expected);
    } else if (explicit === undefined) {
      values.set(part, { value: parsed.value, source: `${key} in ${source}` });
    } else if (!sameValue(explicit.value, parsed.value)) {
      report(`and ${explicit.source} set ${part} to different values`, 'one of them');
    }
  }
}
