import { rootCertificates } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { tlsOptions } from './tls.ts';

const [pem = ''] = rootCertificates;
const host = 'db.example.com';

describe('tlsOptions', () => {
  test('disable encrypts nothing, and neither does any mode on a Unix socket', () => {
    expect(tlsOptions({ host, sslMode: 'disable', sslRootCert: pem })).toBe(false);
    expect(tlsOptions({ host: '/run', sslMode: 'verify-full', sslRootCert: pem })).toBe(false);
  });

  test('require verifies nothing, unless it is given a CA', () => {
    expect(tlsOptions({ host, sslMode: 'require', sslRootCert: null })).toEqual({
      rejectUnauthorized: false,
    });
    expect(tlsOptions({ host, sslMode: 'require', sslRootCert: pem })).toEqual({
      rejectUnauthorized: true,
      ca: pem,
      checkServerIdentity: expect.any(Function),
    });
  });

  test('verify-ca accepts any host name, verify-full leaves the check to Node.js', () => {
    const ca = tlsOptions({ host, sslMode: 'verify-ca', sslRootCert: pem });
    expect(ca).toMatchObject({ rejectUnauthorized: true, ca: pem });
    expect(ca).toHaveProperty('checkServerIdentity');
    const full = tlsOptions({ host, sslMode: 'verify-full', sslRootCert: pem });
    expect(full).toEqual({ rejectUnauthorized: true, ca: pem });
  });

  test('"system" trusts the CAs of Node.js, and only with verify-full', () => {
    const full = tlsOptions({ host, sslMode: 'verify-full', sslRootCert: 'system' });
    expect(full).toEqual({ rejectUnauthorized: true });
    for (const sslMode of ['require', 'verify-ca'] as const) {
      expect(() => tlsOptions({ host, sslMode, sslRootCert: 'system' })).toThrow('verify-full');
    }
  });

  test('fails to verify without a valid root certificate', () => {
    for (const sslMode of ['verify-ca', 'verify-full'] as const) {
      expect(() => tlsOptions({ host, sslMode, sslRootCert: null })).toThrow('ssl_root_cert');
    }
    expect(() => tlsOptions({ host, sslMode: 'verify-ca', sslRootCert: 'junk' })).toThrow('no PEM');
    const damaged = `${pem}\n${pem.replace('MII', 'AAA')}`;
    expect(() => tlsOptions({ host, sslMode: 'require', sslRootCert: damaged })).toThrow('damaged');
  });
});
