import { describe, expect, test } from 'vitest';
import type { LogFields, Logger } from '../../domain/ports.ts';
import { createPinoLogger } from './pino-logger.ts';

interface Capture {
  readonly logger: Logger;
  /** The output as written. */
  text(): string;
}

function capture(format: 'json' | 'pretty' = 'json'): Capture {
  const written: string[] = [];
  const destination = { write: (line: string) => written.push(line) };
  return {
    logger: createPinoLogger({ level: 'debug', format, destination }),
    text: () => written.join(''),
  };
}

function logged(fields: LogFields): Record<string, unknown> {
  const { logger, text } = capture();
  logger.info('event', fields);
  return JSON.parse(text());
}

const CANARY = 'c4n4ry';
const secrets: Readonly<Record<string, string>> = {
  'a service key': `usk_${CANARY}${'A'.repeat(43)}`,
  'a refresh token': `urt_${CANARY}${'b'.repeat(80)}`,
  'a JWT': `eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0${CANARY}.c2lnbmF0dXJl${CANARY}`,
  'an Argon2 hash': `$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$${CANARY}AAAA`,
  'a connection string': `postgres://${CANARY}:p@ss/${CANARY}?#@db.example:5432/users`,
  'an e-mail address': `${CANARY}.o'neil+tag@mail.${CANARY}.example`,
  'an e-mail address with an international domain': `${CANARY}@bücher-${CANARY}.example`,
  'an e-mail address in a URL': `https://h.example/?e=${CANARY}%40mail.example`,
  'an e-mail address with a slash': `${CANARY}/a=${CANARY}@mail.example`,
  'a telephone number': '+442079460000',
  'an authorization header': `Bearer ${CANARY}0123456789`,
  'a basic authorization': `Basic ${CANARY}dXNlcjpwYXNz`,
  'a password in parameters': `host=db password='${CANARY} ${CANARY}' user=x`,
  'a password in JSON': `{"password":"${CANARY}\\"${CANARY}","a":1}`,
  'a password in a form': `password=${CANARY},${CANARY};&a=b`,
  'a private key': `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----`,
  'a cut private key': `-----BEGIN EC PRIVATE KEY-----\n${CANARY}`,
  'a private JWK': `{"kty":"OKP","d":"${CANARY}"}`,
  '256 bits in base64': `${CANARY}${'Ab1'.repeat(12)}x=`,
};

describe('a secret by its form is redacted', () => {
  const cases = Object.entries(secrets);
  test.each(cases)('%s', (_what, secret) => {
    const marks = [CANARY, '442079460000'];
    for (const format of ['json', 'pretty'] as const) {
      const { logger, text } = capture(format);
      const error = new Error(`it failed with ${secret}`, { cause: `because of ${secret}` });
      logger.info(`got ${secret} today`, {
        plain: secret,
        quoted: `"${secret}"`,
        [secret]: 1,
        nested: { list: [`(${secret})`], map: new Map([[secret, secret]]) },
        error,
      });
      logger.with({ bound: secret }).warn(secret);
      for (const mark of marks) expect(text()).not.toContain(mark);
    }
  });

  test.each(cases)('%s, across the place where a long text is truncated', (_what, secret) => {
    const start = secret.slice(0, 60);
    for (const before of [4_060, 4_090, 8_150, 8_190]) {
      const { logger, text } = capture();
      logger.info(`${'x '.repeat(before / 2)}${secret} and so on ${'y '.repeat(9_000)}`);
      logger.info(`${'x,'.repeat(before / 2)}${secret}${',y'.repeat(9_000)}`);
      expect(text(), start).not.toContain(CANARY);
    }
  });
});

describe('a field by its name is redacted', () => {
  test.each([
    'password',
    'current_password',
    'newPassword',
    'PASSWORD_HASH',
    'passwordHash',
    'access_token',
    'refreshToken',
    'client-secret',
    'Authorization',
    'cookie',
    'Set-Cookie',
    'master_key',
    'privateKey',
    'encryptedPrivateKey',
    'email',
    'Email-Address',
    'phone',
    'first_name',
    'lastName',
    'connectionString',
    'DATABASE_URL',
    'dsn',
    'query',
    'body',
    'detail',
    'params',
  ])('%s', (name) => {
    const value = { [name]: CANARY };
    const line = JSON.stringify(
      logged({ ...value, nested: { list: [value], map: new Map([[name, CANARY]]) } }),
    );
    expect(line).not.toContain(CANARY);
    expect(line).toContain('[redacted]');
  });

  test('and fields without secrets and personal data stay readable', () => {
    const fields = {
      request_id: '0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
      user_id: '0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c',
      route: '/v1/users/:id/password',
      method: 'PUT',
      url: 'http://127.0.0.1:8080/docs',
      kid: 'uM6EeDIvR60dBtqRrQlBpx',
      reason: 'password authentication failed for user "svc"',
      frame: 'at run (file:///usr/lib/node_modules/@vitest/runner/dist/chunk.js:2025:60)',
      path: '/usr/lib/node_modules/@fastify/cors/lib/a.js',
      version: 'pino@10.4.0',
      at: '2026-11-22T14:39:35.256+02:00',
      code: '28P01',
    };
    expect(logged(fields)).toMatchObject(fields);
  });
});
