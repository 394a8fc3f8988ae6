import type { ConfigProblem } from './config-error.ts';
import { addProblem, type Findings, RANKS, type Rank, sameValue } from './findings.ts';
import { definitionOf, type ExpandedKey, type Key } from './schema.ts';
import { Secret } from './secret.ts';

type Part = readonly [key: Key, text: string];
type Expansion = { readonly parts: readonly Part[] } | { readonly wrong: string };

class MalformedPart extends Error {}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedPart();
  }
}

function present(key: Key, encoded: string): Part[] {
  return encoded === '' ? [] : [[key, decode(encoded)]];
}

/** The host of a URL; an IPv6 address without its brackets. */
function hostOf(parsed: URL): string {
  return parsed.hostname.replace(/^\[(.*)\]$/, '$1');
}

const QUERY_KEYS: Readonly<Record<string, Key>> = {
  host: 'database.host',
  port: 'database.port',
  user: 'database.user',
  password: 'database.password',
  dbname: 'database.name',
  sslmode: 'database.ssl_mode',
  sslrootcert: 'database.ssl_root_cert',
  connect_timeout: 'database.connect_timeout',
};

/** Reads a libpq connection URI (PostgreSQL manual, section "Connection URIs"). */
function expandDatabaseUrl(parsed: URL): Expansion {
  if (parsed.protocol !== 'postgresql:' && parsed.protocol !== 'postgres:') {
    return { wrong: 'does not begin with postgresql://' };
  }
  const parts: Part[] = [
    ...present('database.host', hostOf(parsed)),
    ...present('database.port', parsed.port),
    ...present('database.user', parsed.username),
    ...present('database.password', parsed.password),
    ...present('database.name', parsed.pathname.slice(1)),
  ];
  for (const [name, text] of parsed.searchParams) {
    const key = Object.hasOwn(QUERY_KEYS, name) ? QUERY_KEYS[name] : undefined;
    if (key === undefined) {
      return { wrong: `has a parameter other than ${Object.keys(QUERY_KEYS).join(', ')}` };
    }
    // libpq: in seconds.
    parts.push([key, name === 'connect_timeout' ? `${text}s` : text]);
  }
  if (parts.some(([key, text]) => key === 'database.host' && text.includes(','))) {
    return { wrong: 'names several hosts' };
  }
  return { parts };
}

/** Reads a Redis URL (the IANA registrations of `redis` and `rediss`). */
function expandRedisUrl(parsed: URL): Expansion {
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    return { wrong: 'does not begin with redis:// or rediss://' };
  }
  if (parsed.search !== '') return { wrong: 'has a query' };
  return {
    parts: [
      ...present('redis.host', hostOf(parsed)),
      ...present('redis.port', parsed.port),
      ...present('redis.username', parsed.username),
      ...present('redis.password', parsed.password),
      ...present('redis.db', parsed.pathname.slice(1)),
      ...(parsed.protocol === 'rediss:' ? [['redis.tls', 'true'] as const] : []),
    ],
  };
}

const EXPANSIONS: Readonly<Record<ExpandedKey, (parsed: URL) => Expansion>> = {
  'database.url': expandDatabaseUrl,
  'redis.url': expandRedisUrl,
};

function expand(key: ExpandedKey, text: string): Expansion {
  if (!URL.canParse(text)) return { wrong: 'is not a URL' };
  try {
    const expansion = EXPANSIONS[key](new URL(text));
    const host = key === 'database.url' ? 'database.host' : 'redis.host';
    if ('parts' in expansion && !expansion.parts.some(([part]) => part === host)) {
      return { wrong: 'names no host' };
    }
    return expansion;
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
  const expansion = expand(key, given.value.reveal());
  if ('wrong' in expansion) {
    report(expansion.wrong, expected);
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
