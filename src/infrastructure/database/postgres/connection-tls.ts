import {
  type CertificateCheck,
  type NegotiatedTls,
  negotiatedTls,
} from '../../../lib/negotiated-tls.ts';
import { clientConfig } from './client.ts';
import { IsolatedClient } from './isolated-client.ts';
import type { PostgresSettings } from './settings.ts';
import { tlsOptions } from './tls.ts';

/**
 * Connects once and reads the TLS of that connection. `pg_stat_ssl` would show the link behind a pooler instead.
 * @throws the driver's error when the server cannot be used
 */
export async function readConnectionTls(settings: PostgresSettings): Promise<NegotiatedTls> {
  const client = new IsolatedClient(clientConfig(settings));
  client.on('error', () => {}); // the pending call reports it
  // The driver's type declarations lack this property.
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  try {
    await client.connect();
    return negotiatedTls(connection.stream, certificateCheck(settings));
  } finally {
    // Without waiting for the server.
    connection.stream.destroy();
  }
}

function certificateCheck(settings: PostgresSettings): CertificateCheck {
  const options = tlsOptions(settings);
  if (options === false || options.rejectUnauthorized !== true) return 'none';
  return options.checkServerIdentity === undefined ? 'chain and host' : 'chain';
}
