import type { Key, Values } from './schema.ts';

const LOOPBACK = /^(localhost|127\..*|::1)$/;

/** Settings that work and are probably not meant. `isSet` tells whether somebody set the key. */
export function adviceOn(values: Values, isSet: (key: Key) => boolean): string[] {
  const warnings: string[] = [];
  if (values['database.driver'] === 'embedded' && values['database.host'] !== undefined) {
    warnings.push('database.host is not used: database.driver is embedded');
  }
  if (!LOOPBACK.test(values['server.host']) && !isSet('server.public_url')) {
    warnings.push(
      `server.public_url is not set: links and tokens name ${values['server.public_url']}`,
    );
  }
  if (values['server.trusted_proxies'].some((network) => network.endsWith('/0'))) {
    warnings.push(
      'server.trusted_proxies has a /0: any client can choose the address it appears with',
    );
  }
  if (values['database.driver'] === 'postgres' && values['mail.driver'] === 'file') {
    warnings.push(
      `mail.driver is file: mail is written to files under ${values['mail.path']}, and nobody gets it`,
    );
  }
  if (values['nats.driver'] === 'embedded') {
    warnings.push(
      'nats.driver is embedded, the old name of none: the next version refuses it. Set none, or remove the key',
    );
  }
  return warnings;
}
