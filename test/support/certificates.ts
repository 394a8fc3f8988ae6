import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTemporaryDirectory } from './temp-directory.ts';

const run = promisify(execFile);

/** A certificate and its key, as PEM text and as files. */
interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

export interface TestCertificates {
  /** Signed all certificates except `serverOfOtherCa`. */
  readonly ca: Certificate;
  /** A client that trusts only this CA trusts no server of `ca`. */
  readonly otherCa: Certificate;
  /** For `localhost`, 127.0.0.1 and ::1. */
  readonly server: Certificate;
  /** Signed by `ca`, for `elsewhere.test` only. */
  readonly serverOfOtherHost: Certificate;
  /** For the right hosts, signed by `otherCa`. */
  readonly serverOfOtherCa: Certificate;
  /** Common name `postgres`: a client certificate of the superuser. */
  readonly client: Certificate;
  /** Holds all the files. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/** Long enough for a debugging session. */
const days = '2';

const localNames = 'DNS:localhost,IP:127.0.0.1,IP:::1';

/**
 * Creates two CAs and the certificates above in a temporary directory, with the `openssl` program and P-256 keys, in
 * about 0.2 s.
 * @throws Error when `openssl` is missing.
 */
export async function createCertificates(): Promise<TestCertificates> {
  const directory = createTemporaryDirectory('ca');
  const make = createOpenssl(directory.path);
  try {
    const ca = await make.authority('ca');
    const otherCa = await make.authority('other-ca');
    const [server, serverOfOtherHost, serverOfOtherCa, client] = await Promise.all([
      make.signed('server', ca, 'localhost', serverUse(localNames)),
      make.signed('server-other-host', ca, 'elsewhere.test', serverUse('DNS:elsewhere.test')),
      make.signed('server-other-ca', otherCa, 'localhost', serverUse(localNames)),
      make.signed('client', ca, 'postgres', ['extendedKeyUsage=clientAuth']),
    ]);
    return {
      ca,
      otherCa,
      server,
      serverOfOtherHost,
      serverOfOtherCa,
      client,
      directory: directory.path,
      remove: directory.remove,
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

function serverUse(names: string): string[] {
  return ['extendedKeyUsage=serverAuth', `subjectAltName=${names}`];
}

function createOpenssl(directory: string) {
  const files = (name: string) => ({
    certificatePath: join(directory, `${name}.crt`),
    privateKeyPath: join(directory, `${name}.key`),
  });
  const load = (name: string): Certificate => {
    const paths = files(name);
    return {
      ...paths,
      certificate: readFileSync(paths.certificatePath, 'utf8'),
      privateKey: readFileSync(paths.privateKeyPath, 'utf8'),
    };
  };
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });
  const newKey = (name: string): string[] => [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', files(name).privateKeyPath],
  ];
  return {
    /** RFC 5280, 4.2.1.9: a CA certificate states that it is a CA, and may sign certificates. */
    async authority(name: string): Promise<Certificate> {
      await openssl(
        ...['req', '-x509', ...newKey(name), '-out', files(name).certificatePath],
        ...['-days', days, '-subj', `/CN=user-service test ${name}`],
        ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
      );
      return load(name);
    },
    async signed(
      name: string,
      ca: Certificate,
      commonName: string,
      extensions: readonly string[],
    ): Promise<Certificate> {
      const request = join(directory, `${name}.csr`);
      const extensionFile = join(directory, `${name}.ext`);
      writeFileSync(extensionFile, `basicConstraints=CA:FALSE\n${extensions.join('\n')}\n`);
      await openssl('req', '-new', ...newKey(name), '-out', request, '-subj', `/CN=${commonName}`);
      await openssl(
        ...['x509', '-req', '-in', request, '-out', files(name).certificatePath],
        ...['-CA', ca.certificatePath, '-CAkey', ca.privateKeyPath, '-days', days],
        ...['-set_serial', `0x${Buffer.from(name).toString('hex').slice(0, 38)}`],
        ...['-extfile', extensionFile],
      );
      return load(name);
    },
  };
}
