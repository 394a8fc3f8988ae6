import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTemporaryDirectory } from './temp-directory.ts';

const run = promisify(execFile);

/** A certificate with its key, as PEM text and as files (for programs that only take paths). */
interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/** What is needed to be trusted, and to be refused. */
export interface TestCertificates {
  /** Signed everything but `serverOfOtherCa`. */
  readonly ca: Certificate;
  /** Nobody's: a client that trusts only this one trusts no server of `ca`. */
  readonly otherCa: Certificate;
  /** For `localhost`, 127.0.0.1 and ::1. */
  readonly server: Certificate;
  /** Signed by `ca` too, but for `elsewhere.test` alone. */
  readonly serverOfOtherHost: Certificate;
  /** For the right hosts, signed by `otherCa`. */
  readonly serverOfOtherCa: Certificate;
  /** Common name `postgres`: a client certificate of the superuser. */
  readonly client: Certificate;
  /** Holds all the files. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/** Valid for two days: long enough for a debugging session, useless afterwards. */
const days = '2';

const localNames = 'DNS:localhost,IP:127.0.0.1,IP:::1';

/**
 * Makes two CAs and the certificates above in a temporary directory, with the `openssl` program and
 * P-256 keys, in about 0.2 s. Throws where `openssl` is missing.
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
    /** RFC 5280, 4.2.1.9: a CA says that it is one, and may sign certificates. */
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
