import type { Values } from './schema.ts';

const LOOPBACK =
  /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+|::ffff:7f[0-9a-f]{2}:[0-9a-f]+)$/i;
/** As a destination, these mean this machine. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** True if connections to the host leave this machine; a path or an abstract name is a Unix socket. */
export function isRemote(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (name.startsWith('/') || name.startsWith('@')) return false;
  return !LOOPBACK.test(name) && !UNSPECIFIED.has(name);
}

/** The hosts of `host:port` addresses, with or without a scheme. */
function hostsOf(addresses: readonly string[]): string[] {
  return addresses.map((address) =>
    address.replace(/^[a-z]+:\/\//, '').replace(/^(\[.*\]|[^:]*)(:\d+)?$/, '$1'),
  );
}

function listRemote(hosts: readonly (string | undefined)[]): string {
  const remote = hosts.filter((host) => host !== undefined && isRemote(host));
  return [...new Set(remote)].join(', ');
}

function database(values: Values): string[] {
  const host = values['database.host'];
  if (values['database.driver'] !== 'postgres' || host === undefined || !isRemote(host)) return [];
  switch (values['database.ssl_mode']) {
    case 'disable':
      return [
        `database.ssl_mode is disable: the connection to ${host} is not encrypted. Set verify-full`,
      ];
    case 'allow':
    case 'prefer':
      return [
        `database.ssl_mode is ${values['database.ssl_mode']}: the connection to ${host} may be unencrypted. Set verify-full`,
      ];
    case 'require':
      return [
        `database.ssl_mode is require: nothing proves that the server is ${host}. Set verify-full`,
      ];
    default:
      return [];
  }
}

function redis(values: Values): string[] {
  if (values['redis.driver'] !== 'redis' || values['redis.tls']) return [];
  const addresses = [...values['redis.sentinels'], ...values['redis.cluster_nodes']];
  const remote = listRemote([values['redis.host'], ...hostsOf(addresses)]);
  return remote === ''
    ? []
    : [`redis.tls is false: the connection to ${remote} is not encrypted. Set redis.tls: true`];
}

function nats(values: Values): string[] {
  if (values['nats.driver'] !== 'nats' || values['nats.tls']) return [];
  const remote = listRemote(hostsOf(values['nats.servers']));
  return remote === ''
    ? []
    : [`nats.tls is false: the connection to ${remote} may be unencrypted. Set nats.tls: true`];
}

function mail(values: Values): string[] {
  const host = values['mail.smtp.host'];
  if (values['mail.driver'] !== 'smtp' || values['mail.smtp.tls'] !== 'none') return [];
  if (host === undefined || !isRemote(host)) return [];
  const what = values['mail.smtp.password'] === undefined ? 'e-mails' : 'the password and e-mails';
  return [`mail.smtp.tls is none: ${what} go to ${host} unencrypted. Set starttls or implicit`];
}

/** A URL that begins with `http://` and names another machine. */
function isPlainUrl(url: string | undefined): url is string {
  // A URL derived from an unusual server.host may not be one.
  if (url === undefined || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && isRemote(hostname);
}

function urls(values: Values): string[] {
  const warnings: string[] = [];
  const publicUrl = values['server.public_url'];
  if (isPlainUrl(publicUrl)) {
    warnings.push('server.public_url is http: passwords and tokens are not encrypted. Use https');
  }
  const issuer = values['tokens.issuer'];
  if (issuer !== publicUrl && isPlainUrl(issuer)) {
    warnings.push('tokens.issuer is http: verifiers may read forged keys there. Use https');
  }
  if (values['pwned_passwords.enabled'] && isPlainUrl(values['pwned_passwords.url'])) {
    warnings.push(
      'pwned_passwords.url is http: others can read the prefixes of hashes and change the results. Use https',
    );
  }
  if (isPlainUrl(values['tracing.endpoint'])) {
    warnings.push('tracing.endpoint is http: traces and headers are not encrypted. Use https');
  }
  return warnings;
}

/** Warns of connections to other machines that are not encrypted, or not with a verified server. */
export function plaintextWarnings(values: Values): string[] {
  return [database, redis, nats, mail, urls].flatMap((warn) => warn(values));
}
