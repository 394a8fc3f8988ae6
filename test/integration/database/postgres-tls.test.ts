import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { databaseSettings } from '../../../src/app/persistence.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { createMasterKey, createTestApp, postgresEnvironment } from '../../support/app.ts';
import { createCertificates, type TestCertificates } from '../../support/certificates.ts';
import { createSilentLogger } from '../../support/logger.ts';
import {
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
} from '../../support/postgres-server.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const run = promisify(execFile);

const SERVERS = [
  'trusted',
  'for another host',
  'of another CA',
  'without TLS',
  'TLS only',
] as const;
type ServerName = (typeof SERVERS)[number];

/** Contents of the file that `sslrootcert` names. */
const ROOTS = [
  'none',
  'the CA',
  'another CA',
  'both CAs',
  'an empty file',
  'a text',
  'a key',
  'a damaged certificate',
] as const;
type Root = (typeof ROOTS)[number];

const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

/**
 * Every mode with every root certificate file. Mode `disable` does not read the file. In `allow` and `prefer` libpq goes
 * on unencrypted when the file does not match, which the service does not: these modes are compared without a file.
 */
const SETTINGS: readonly { readonly mode: string; readonly root: Root }[] = [
  ...MODES.flatMap((mode) => ROOTS.map((root) => ({ mode, root }))),
  { mode: 'allow', root: 'none' },
  { mode: 'prefer', root: 'none' },
];

describe('TLS to PostgreSQL', () => {
  let certificates: TestCertificates;
  let home: string;
  const servers = new Map<ServerName, PostgresServer>();
  const roots = new Map<Root, string>();

  beforeAll(async () => {
    certificates = await createCertificates();
    home = createTemporaryDirectory('tls').path;
    const { ca, otherCa, server, serverOfOtherHost, serverOfOtherCa } = certificates;
    const options: Record<ServerName, PostgresOptions> = {
      trusted: { tls: server },
      'for another host': { tls: serverOfOtherHost },
      'of another CA': { tls: serverOfOtherCa },
      'without TLS': {},
      'TLS only': {
        tls: server,
        accessRules: ['local all all scram-sha-256', 'hostssl all all 127.0.0.1/32 scram-sha-256'],
      },
    };
    await Promise.all(
      SERVERS.map(async (name) => void servers.set(name, await startPostgres(options[name]))),
    );
    const contents: Record<Exclude<Root, 'none'>, string> = {
      'the CA': ca.certificate,
      'another CA': otherCa.certificate,
      'both CAs': otherCa.certificate + ca.certificate,
      'an empty file': '',
      'a text': 'the certificate is in the other folder\n',
      'a key': ca.privateKey,
      'a damaged certificate': ca.certificate.replace(/(?<=\n)[^-\n]{20}/, 'A'.repeat(20)),
    };
    for (const [name, text] of Object.entries(contents)) {
      const path = join(home, `${name.replaceAll(' ', '-')}.pem`);
      writeFileSync(path, text);
      roots.set(name as Root, path);
    }
  });
  afterAll(async () => {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await certificates?.remove();
  });

  function serverOf(name: ServerName): PostgresServer {
    const server = servers.get(name);
    if (server === undefined) throw new Error(`${name} did not start`);
    return server;
  }

  /** Connects as the service does: configuration, settings, pool. */
  async function connectAsService(
    server: ServerName,
    mode: string,
    root: string | undefined,
    host: string,
  ) {
    const { connectionOptions } = serverOf(server);
    const { config } = await loadConfig({
      env: {
        ...postgresEnvironment({ ...connectionOptions, host }),
        SECURITY_MASTER_KEY: createMasterKey(),
        DATABASE_SSL_MODE: mode,
        ...(root === undefined ? {} : { DATABASE_SSL_ROOT_CERT: root }),
      },
      cwd: home,
    });
    const settings = databaseSettings({ config });
    if (settings.driver !== 'postgres') throw new Error('the test configures PostgreSQL');
    const database = await createPostgresDatabase(settings.postgres, {
      logger: createSilentLogger(),
    });
    await database.close();
  }

  async function connectAsPsql(
    server: ServerName,
    mode: string,
    root: string | undefined,
    host: string,
  ) {
    const { port, user, password, database } = serverOf(server).connectionOptions;
    const parts = {
      host,
      port,
      user,
      dbname: database,
      sslmode: mode,
      connect_timeout: 5,
      ...(root === undefined ? {} : { sslrootcert: root }),
    };
    const conninfo = Object.entries(parts)
      .map(([key, value]) => `${key}='${value}'`)
      .join(' ');
    // Without ~/.postgresql and without the caller's PG variables.
    const env = { PATH: process.env.PATH, HOME: home, PGPASSWORD: password };
    await run('psql', ['-XAtc', 'select 1', conninfo], { env });
  }

  async function outcome(connected: Promise<void>): Promise<'accepted' | 'refused'> {
    return await connected.then(
      () => 'accepted' as const,
      () => 'refused' as const,
    );
  }

  async function table(
    connect: typeof connectAsService,
    server: ServerName,
    host: string,
  ): Promise<string[]> {
    return await Promise.all(
      SETTINGS.map(async ({ mode, root }) => {
        const result = await outcome(connect(server, mode, roots.get(root), host));
        return `${mode} with ${root}: ${result}`;
      }),
    );
  }

  test.each(SERVERS)('a server %s is accepted or rejected as by libpq', async (server) => {
    const ours = await table(connectAsService, server, '127.0.0.1');
    expect(ours).toEqual(await table(connectAsPsql, server, '127.0.0.1'));
  });

  test.each(['trusted', 'for another host'] as const)(
    'a server %s is accepted or rejected as by libpq when addressed by name',
    async (server) => {
      const ours = await table(connectAsService, server, 'localhost');
      expect(ours).toEqual(await table(connectAsPsql, server, 'localhost'));
    },
  );

  const accepted: Record<ServerName, readonly string[]> = {
    trusted: ['disable', 'require without root', 'require', 'verify-ca', 'verify-full'],
    'for another host': ['disable', 'require without root', 'require', 'verify-ca'],
    'of another CA': ['disable', 'require without root'],
    'without TLS': ['disable'],
    'TLS only': ['require without root', 'require', 'verify-ca', 'verify-full'],
  };
  test.each(SERVERS)(
    'a server %s is accepted only in modes whose checks it passes',
    async (server) => {
      const ca = roots.get('the CA');
      const tried: readonly (readonly [string, string, string | undefined])[] = [
        ['disable', 'disable', ca],
        ['require without root', 'require', undefined],
        ...MODES.slice(1).map((mode) => [mode, mode, ca] as const),
      ];
      const modes: string[] = [];
      for (const [name, mode, root] of tried) {
        if ((await outcome(connectAsService(server, mode, root, '127.0.0.1'))) === 'accepted')
          modes.push(name);
      }
      expect(modes).toEqual(accepted[server]);
    },
  );

  test('the connection of an encrypting mode is encrypted', async () => {
    const { connectionOptions } = serverOf('trusted');
    const { config } = await loadConfig({
      env: {
        ...postgresEnvironment(connectionOptions),
        SECURITY_MASTER_KEY: createMasterKey(),
        DATABASE_SSL_MODE: 'verify-full',
        DATABASE_SSL_ROOT_CERT: certificates.ca.certificatePath,
      },
      cwd: home,
    });
    const settings = databaseSettings({ config });
    if (settings.driver !== 'postgres') throw new Error('the test configures PostgreSQL');
    const database = await createPostgresDatabase(settings.postgres, {
      logger: createSilentLogger(),
    });
    onTestFinished(() => database.close());
    const { rows } = await database.query(
      'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ ssl: true, version: 'TLSv1.3' }]);
  });

  const failures: readonly (readonly [string, ServerName, string, Root, RegExp])[] = [
    ['a CA that did not sign', 'trusted', 'verify-full', 'another CA', /database\.ssl_root_cert/],
    ['a server of another CA', 'of another CA', 'verify-ca', 'the CA', /database\.ssl_root_cert/],
    [
      'a certificate for another host',
      'for another host',
      'verify-full',
      'the CA',
      /database\.host/,
    ],
    ['a server without TLS', 'without TLS', 'require', 'none', /database\.ssl_mode/],
    ['a server that requires TLS', 'TLS only', 'disable', 'none', /database\.ssl_mode/],
    ['a file without a certificate', 'trusted', 'verify-full', 'a text', /database\.ssl_root_cert/],
    [
      'a damaged certificate',
      'trusted',
      'verify-full',
      'a damaged certificate',
      /database\.ssl_root_cert/,
    ],
    ['a verifying mode without a CA', 'trusted', 'verify-full', 'none', /database\.ssl_root_cert/],
  ];
  test.each(failures)(
    '%s fails the start with a message that names the key',
    async (_, server, mode, root, key) => {
      const path = roots.get(root);
      const start = createTestApp({
        database: 'postgres',
        connection: serverOf(server).connectionOptions,
        env: {
          DATABASE_SSL_MODE: mode,
          ...(path === undefined ? {} : { DATABASE_SSL_ROOT_CERT: path }),
        },
      });
      await expect(start).rejects.toThrow(key);
    },
  );

  test.each(['require', 'verify-ca', 'verify-full'])(
    'a missing root certificate file is an error in mode %s, never an unverified connection',
    async (mode) => {
      const start = connectAsService('trusted', mode, join(home, 'missing.pem'), '127.0.0.1');
      await expect(start).rejects.toThrow(/database\.ssl_root_cert.*missing\.pem/);
    },
  );
});
