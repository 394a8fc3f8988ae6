import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../domain/errors.ts';
import { createReceiverAddresses } from './receiver-addresses.ts';
import { createWebhookTargets } from './webhook-targets.ts';

const publicOnly = createReceiverAddresses([]);
const targetsOf = (allowHttp: boolean, networks: readonly string[] = []) =>
  createWebhookTargets({
    addresses: createReceiverAddresses(networks),
    allowHttp,
    hasAllowedNetworks: networks.length > 0,
  });

function codeOf(work: () => unknown): string {
  try {
    return `accepted ${work()}`;
  } catch (error) {
    if (error instanceof InvalidValue) return error.code;
    throw error;
  }
}

/** Spellings of the loopback and of the unspecified address that URL parsers accept. */
const LOOPBACK = [
  ...['127.0.0.1', '2130706433', '0x7f.1', '0x7f000001', '0177.0.0.1', '127.1', '0'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]'],
];

describe('addresses of receivers', () => {
  test.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1'],
    ...['192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.7'],
    ...['203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:10.0.0.1', '::ffff:a00:1', '64:ff9b::a00:1', '64:ff9b:1::1', '100::1'],
    ...['2001::1', '2001:db8::1', '2002:a00:1::', '3fff::1', '5f00::1', 'fc00::1', 'fd12::1'],
    ...['fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2620:4f:8000::1', '::a00:1'],
    ...['', 'example.com', '1.2.3'],
  ])('%s is refused', (address) => {
    expect(publicOnly.isAllowed(address)).toBe(false);
  });

  test.each(['1.1.1.1', '93.184.215.14', '2606:4700::1111', '2a00:1450::1', '::ffff:1.1.1.1'])(
    '%s is allowed',
    (address) => {
      expect(publicOnly.isAllowed(address)).toBe(true);
    },
  );

  test('a listed network is allowed, also in its IPv6 form, and nothing beside it', () => {
    const listed = createReceiverAddresses(['10.1.0.0/16', 'fd12::/32', '192.168.0.7']);
    const results = ['10.1.2.3', '::ffff:10.1.2.3', 'fd12::9', '192.168.0.7', '1.1.1.1'];
    expect(results.map((address) => listed.isAllowed(address))).toEqual(Array(5).fill(true));
    const others = ['10.2.0.1', 'fd13::1', '192.168.0.8', '127.0.0.1'];
    expect(others.map((address) => listed.isAllowed(address))).toEqual(Array(4).fill(false));
    expect(listed.isListed('1.1.1.1')).toBe(false);
  });
});

describe('URLs of receivers', () => {
  test.each(LOOPBACK)('https://%s/ is refused by its address', (host) => {
    expect(codeOf(() => targetsOf(false).parseUrl(`https://${host}/`))).toBe('webhook_address');
    expect(codeOf(() => targetsOf(true).parseUrl(`http://${host}/`))).toBe('webhook_address');
  });

  test.each([
    ['http://hooks.example.com/', 'webhook_url'],
    ['ftp://hooks.example.com/', 'webhook_url'],
    ['https://user:pass@hooks.example.com/', 'webhook_url'],
    ['https://hooks.example.com/#part', 'webhook_url'],
    ['hooks.example.com', 'webhook_url'],
    [`https://hooks.example.com/${'x'.repeat(2_000)}`, 'webhook_url'],
    ['https://hooks.example.com:22/', 'webhook_port'],
    ['https://1.1.1.1:9200/', 'webhook_port'],
  ])('%s is refused', (url, code) => {
    expect(codeOf(() => targetsOf(false).parseUrl(url))).toBe(code);
  });

  test('a usual URL is kept in its normal form', () => {
    const { parseUrl } = targetsOf(false);
    expect(parseUrl('https://Hooks.Example.com/users?a=1')).toBe(
      'https://hooks.example.com/users?a=1',
    );
    expect(parseUrl('https://hooks.example.com:8443/')).toBe('https://hooks.example.com:8443/');
    expect(targetsOf(true).parseUrl('http://hooks.example.com:8080/')).toContain(':8080');
  });

  test('other ports are for listed networks: of an address now, of a name at the look-up', () => {
    const { parseUrl } = targetsOf(false, ['10.0.0.0/8']);
    expect(parseUrl('https://10.1.2.3:9443/')).toBe('https://10.1.2.3:9443/');
    expect(parseUrl('https://hooks.internal:9443/')).toBe('https://hooks.internal:9443/');
    expect(codeOf(() => parseUrl('https://1.1.1.1:9443/'))).toBe('webhook_port');
  });
});
