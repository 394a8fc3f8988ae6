import { describe, expect, it } from 'vitest';
import { linesOf, loadSetting } from '../../test/support/config-setting.ts';

describe('unknown environment variables', () => {
  it('cause a warning if they look like a typo', async () => {
    const { warnings } = await loadSetting({
      env: {
        DATABASE_PASWORD: 'canary',
        SERVER_PROT: '1',
        DATABASE_HOST_FILE: '/x',
        NATS_URLS: 'x',
      },
    });
    expect(warnings).toEqual([
      'environment DATABASE_PASWORD is not read; did you mean DATABASE_PASSWORD?',
      'environment SERVER_PROT is not read; did you mean SERVER_PORT?',
      'environment DATABASE_HOST_FILE is not read: only secrets are read from files',
      'environment NATS_URLS is not read; did you mean NATS_URL?',
    ]);
  });

  it('of other software are ignored', async () => {
    const { warnings } = await loadSetting({
      env: {
        DATABASE_POOL: '1',
        REDIS_SERVICE_HOST: 'x',
        MAILTO: 'x',
        PATH: '/bin',
        SERVER_PROT: '',
      },
    });
    expect(warnings).toEqual([]);
  });

  it.each([
    ['DATABSE_HOST', 'DATABASE_HOST'],
    ['DATABASES_PORT', 'DATABASE_PORT'],
    ['DTABSE_PASSWORD_FILE', 'DATABASE_PASSWORD_FILE'],
    ['REDS_HOST', 'REDIS_HOST'],
    ['REDDIS_PASSWORD', 'REDIS_PASSWORD'],
    ['NATS_SERVRS', 'NATS_SERVERS'],
    ['NAST_SERVERS', 'NATS_SERVERS'],
    ['PASSWORD_ARGON2_ITERATION', 'PASSWORD_ARGON2_ITERATIONS'],
    ['SERVR_PORT', 'SERVER_PORT'],
    ['SEVER_PROT', 'SERVER_PORT'],
    ['TOKEN_ISSUER', 'TOKENS_ISSUER'],
    ['SECURTY_MASTER_KEY', 'SECURITY_MASTER_KEY'],
    ['PWNED_PASSWORD_ENABLED', 'PWNED_PASSWORDS_ENABLED'],
    ['database.host', 'DATABASE_HOST'],
    ['redis_host', 'REDIS_HOST'],
  ])('are recognised by their section: %s', async (name, meant) => {
    const { warnings } = await loadSetting({ env: { [name]: 'canary' } });
    expect(warnings).toEqual([`environment ${name} is not read; did you mean ${meant}?`]);
  });

  it('explain an error that they cause', async () => {
    const lines = linesOf({ env: { DATABASE_DRIVER: 'postgres', DATABSE_HOST: 'db' } });
    await expect(lines).resolves.toHaveLength(2);
    const error = await loadSetting({
      env: { DATABASE_DRIVER: 'postgres', DATABSE_HOST: 'db' },
    }).catch((reason: Error) => reason);
    expect(error).toMatchObject({
      message: expect.stringContaining(
        'warning: environment DATABSE_HOST is not read; did you mean DATABASE_HOST?',
      ),
    });
  });

  it('of an ordinary machine, container and platform cause no warning', async () => {
    const { warnings } = await loadSetting({ env: ORDINARY });
    expect(warnings).toEqual([]);
  });
});

/** Names that other software, platforms and container networks set. */
const ORDINARY: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'PATH HOME USER LOGNAME SHELL TERM LANG LC_ALL TZ PWD OLDPWD SHLVL HOSTNAME MAIL MAILPATH MAILCHECK EDITOR',
    'NODE_ENV NODE_OPTIONS NODE_VERSION PORT DEBUG CI TMPDIR XDG_RUNTIME_DIR SSH_AUTH_SOCK SSH_CONNECTION LS_COLORS',
    'npm_config_user_agent npm_package_name npm_lifecycle_event npm_execpath INIT_CWD UV_THREADPOOL_SIZE',
    'PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE POSTGRES_HOST POSTGRES_PORT POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB',
    'RDS_HOSTNAME RDS_HOST RDS_PORT RDS_USERNAME RDS_PASSWORD RDS_DB_NAME DB_HOST DB_PORT DB_USER DB_PASSWORD DB_NAME',
    'REDISHOST REDISPORT REDISPASSWORD MYSQL_HOST MYSQL_PORT SMTP_HOST SMTP_PORT LOG_LEVEL PASSWORD_STORE_DIR',
    'KUBERNETES_PORT KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_PORT_443_TCP_ADDR',
    'USERS_PORT USERS_SERVICE_HOST USER_SERVICE_PORT REDIS_SERVICE_PORT NATS_PORT_4222_TCP NATS_PORT_4222_TCP_PORT',
    'AWS_REGION AWS_SECRET_ACCESS_KEY GOOGLE_APPLICATION_CREDENTIALS OTEL_EXPORTER_OTLP_ENDPOINT HTTP_PROXY NO_PROXY',
    'INVOCATION_ID JOURNAL_STREAM NOTIFY_SOCKET MAINPID LISTEN_FDS SERVICE_PORT SERVICE_HOST APP_SERVER_PORT',
  ]
    .join(' ')
    .split(' ')
    .map((name): [string, string] => [name, 'x'])
    .concat([
      ['SERVERS_PORT', 'tcp://10.0.0.7:80'],
      ['NAT_PORT', 'udp://10.0.0.7:80'],
    ]),
);
