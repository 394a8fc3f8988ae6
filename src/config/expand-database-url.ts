import { parseLibpqUri, showParameter } from './libpq-uri.ts';
import type { Key } from './schema.ts';

/** The value of one key, as text. */
export type Part = readonly [key: Key, text: string];
export type Expansion =
  | { readonly parts: readonly Part[] }
  | { readonly wrong: string; readonly expected?: string };

export class MalformedPart extends Error {}

/** Decodes percent escapes, and nothing else. @throws MalformedPart */
export function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // reported below
  }
  throw new MalformedPart();
}

const KEYS: Readonly<Record<string, Key>> = {
  host: 'database.host',
  port: 'database.port',
  user: 'database.user',
  password: 'database.password',
  dbname: 'database.name',
  sslmode: 'database.ssl_mode',
  sslrootcert: 'database.ssl_root_cert',
  application_name: 'database.application_name',
  channel_binding: 'database.channel_binding',
};

/** Values of other parameters that ask for what the service does anyway. */
const ALREADY_SO: Readonly<Record<string, readonly string[]>> = {
  client_encoding: ['auto', 'utf8', 'utf-8', 'unicode'],
  gssencmode: ['disable', 'prefer'],
  keepalives: ['1'],
  load_balance_hosts: ['disable'],
  sslcompression: ['0'],
  sslnegotiation: ['postgres'],
  sslsni: ['1'],
  // The service refuses to start on a server that does not accept changes.
  target_session_attrs: ['any', 'primary', 'read-write'],
};

const SUPPORTED = [...Object.keys(KEYS), 'connect_timeout', ...Object.keys(ALREADY_SO)].join(', ');
/** libpq: zero and less are no limit. Every wait of the service has one: this is the longest. */
const LONGEST_CONNECT_SECONDS = 300;

/** Reads a connection URI of libpq. @throws MalformedPart */
export function expandDatabaseUrl(text: string): Expansion {
  const uri = parseLibpqUri(text);
  if ('wrong' in uri) return uri;
  // As in libpq, a parameter replaces the same part of the address, and a later one an earlier one.
  const values = new Map<string, string>();
  const set = (name: string, encoded: string | undefined): void => {
    if (encoded !== undefined && encoded !== '') values.set(name, decode(encoded));
  };
  set('user', uri.user);
  set('password', uri.password);
  set('dbname', uri.dbname);
  const join = (list: readonly string[]) =>
    list.some((item) => item !== '') ? list.join(',') : '';
  set('host', join(uri.addresses.map(({ host }) => host)));
  set('port', join(uri.addresses.map(({ port }) => port)));
  for (const { name, value } of uri.parameters) {
    const keyword = decode(name);
    // The manual: for JDBC, `ssl=true` means `sslmode=require`.
    if (keyword === 'ssl' && value === 'true') values.set('sslmode', 'require');
    else values.set(keyword, decode(value));
  }
  return toParts(values);
}

function toParts(values: ReadonlyMap<string, string>): Expansion {
  const parts: Part[] = [];
  for (const [name, value] of values) {
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if ((name === 'host' || name === 'port') && value.includes(',')) {
      return { wrong: 'names several hosts', expected: 'one host, which leads to the primary' };
    }
    if (key !== undefined) {
      if (value !== '') parts.push([key, value]);
    } else if (name === 'connect_timeout') {
      if (!/^-?[0-9]{1,9}$/.test(value)) {
        return { wrong: 'has a wrong connect_timeout', expected: 'a whole number of seconds' };
      }
      const seconds = Number(value);
      if (seconds > LONGEST_CONNECT_SECONDS) {
        return {
          wrong: `has a connect_timeout of more than ${LONGEST_CONNECT_SECONDS} seconds`,
          expected: `at most ${LONGEST_CONNECT_SECONDS}; 0 stands for that`,
        };
      }
      const wait = seconds > 0 ? seconds : LONGEST_CONNECT_SECONDS;
      parts.push(['database.connect_timeout', `${wait}s`]);
    } else if (name === 'fallback_application_name') {
      if (!values.has('application_name')) parts.push(['database.application_name', value]);
    } else {
      const accepted = Object.hasOwn(ALREADY_SO, name) ? ALREADY_SO[name] : undefined;
      if (accepted === undefined) {
        return {
          wrong: `has ${showParameter(name)}, which is not supported`,
          expected: `a URL with no other parameters than ${SUPPORTED}`,
        };
      }
      if (!accepted.includes(value.toLowerCase())) {
        return {
          wrong: `has a value of ${name} that is not supported`,
          expected: `one of ${accepted.join(', ')}, or no such parameter`,
        };
      }
    }
  }
  // libpq 16: public authorities sign for any host, so trusting them needs the host name.
  if (values.get('sslrootcert') === 'system' && !values.has('sslmode')) {
    parts.push(['database.ssl_mode', 'verify-full']);
  }
  return { parts };
}
