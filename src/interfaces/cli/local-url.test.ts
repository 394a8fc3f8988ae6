import { describe, expect, it } from 'vitest';
import { localUrl } from './local-url.ts';

describe('localUrl', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:9000'],
    ['0.0.0.0', 'http://127.0.0.1:9000'],
    ['::', 'http://[::1]:9000'],
    ['0:0:0:0:0:0:0:0', 'http://[::1]:9000'],
    ['2001:db8::1', 'http://[2001:db8::1]:9000'],
    ['localhost', 'http://localhost:9000'],
  ])('of a service on %s is %s', (host, url) => {
    expect(localUrl({ host, port: 9000 })).toBe(url);
  });

  it('has the management port if there is one', () => {
    expect(localUrl({ host: '0.0.0.0', port: 8080, managementPort: 9090 })).toBe(
      'http://127.0.0.1:9090',
    );
  });
});
