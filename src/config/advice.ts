import { isRemote, plaintextWarnings } from './plaintext.ts';
import type { Key, Values } from './schema.ts';

/** Warns of settings that work but are probably a mistake. `isSet` tells whether any source sets the key. */
export function adviceOn(values: Values, isSet: (key: Key) => boolean): string[] {
  const warnings: string[] = [];
  if (values['database.driver'] === 'embedded' && values['database.host'] !== undefined) {
    warnings.push('database.host has no effect: database.driver is embedded');
  }
  if (listensBeyondLoopback(values['server.host']) && !isSet('server.public_url')) {
    warnings.push(
      `server.public_url is not set: links and tokens contain ${values['server.public_url']}`,
    );
  }
  if (values['server.trusted_proxies'].some((network) => network.endsWith('/0'))) {
    warnings.push('server.trusted_proxies contains a /0 network: any client can forge its address');
  }
  if (values['database.driver'] === 'postgres' && values['mail.driver'] === 'file') {
    warnings.push(
      `mail.driver is file: mail is written to files under ${values['mail.path']} and not sent`,
    );
  }
  if (values['nats.driver'] === 'embedded') {
    warnings.push(
      'nats.driver is embedded, the old name of none: the next version refuses it. Set none, or remove the key',
    );
  }
  return [...warnings, ...plaintextWarnings(values)];
}

function listensBeyondLoopback(host: string): boolean {
  return isRemote(host) || host === '0.0.0.0' || host === '::';
}
