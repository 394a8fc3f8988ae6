import { describe, expect, test } from 'vitest';
import type { ClosedConnectionReason, HttpMetrics } from '../../src/interfaces/http/http-deps.ts';
import { createAddressList } from '../../src/interfaces/http/server/address-list.ts';
import { clientNetwork } from '../../src/lib/client-network.ts';
import { eventually } from '../support/eventually.ts';
import { ada } from './support/fake-use-cases.ts';
import { connectTo, listen, statusesIn, talk } from './support/raw-client.ts';

const LIST = `GET /v1/users?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer usk_every-scope\r\n\r\n`;
const LIVE = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

/** Metrics that keep the reasons of closed connections. */
function createRecordingMetrics() {
  const closed: ClosedConnectionReason[] = [];
  const metrics: HttpMetrics = {
    contentType: 'text/plain',
    render: async () => '',
    observeRequest: () => {},
    observeStream: () => {},
    countClosedConnection: (reason) => void closed.push(reason),
  };
  return { closed, metrics };
}

/** One response that is larger than the buffers of both kernels. */
const hugePage = {
  users: { list: async () => ({ users: Array(60_000).fill(ada), nextAfterId: null }) },
};

describe('a client that does not read', () => {
  test('is cut, counted and logged', async () => {
    const { closed, metrics } = createRecordingMetrics();
    const { port, lines } = await listen({
      useCases: hugePage,
      settings: { requestTimeoutMs: 1_000 },
      deps: { metrics },
    });
    const silent = await connectTo(port);
    silent.pause();
    silent.write(LIST);
    await eventually(() => expect(closed).toEqual(['not_reading']), { timeoutMs: 20_000 });
    expect(lines.map(({ message }) => message)).toContain('closed connections that do not read');
    silent.destroy();
  });

  test('is cut as well while it sends more requests', async () => {
    const { closed, metrics } = createRecordingMetrics();
    const { port } = await listen({
      useCases: hugePage,
      settings: { requestTimeoutMs: 1_000 },
      deps: { metrics },
    });
    const silent = await connectTo(port);
    silent.pause();
    const sending = setInterval(() => silent.write(LIST), 100);
    await eventually(() => expect(closed).toEqual(['not_reading']), { timeoutMs: 20_000 });
    clearInterval(sending);
    silent.destroy();
  });

  test('is kept while it reads slowly', async () => {
    const { closed, metrics } = createRecordingMetrics();
    const { port } = await listen({
      useCases: hugePage,
      settings: { requestTimeoutMs: 1_000 },
      deps: { metrics },
    });
    const slow = await connectTo(port);
    let received = 0;
    slow.on('data', (chunk) => {
      received += chunk.length;
      slow.pause();
    });
    const reading = setInterval(() => slow.resume(), 5);
    slow.write(LIST);
    const length = JSON.stringify({ ...ada }).length * 30_000;
    await eventually(() => expect(received).toBeGreaterThan(length), { timeoutMs: 30_000 });
    clearInterval(reading);
    expect(closed).toEqual([]);
    slow.destroy();
  });
});

describe('connections of one address', () => {
  test('beyond the limit are closed on arrival, counted, and logged once', async () => {
    const { closed, metrics } = createRecordingMetrics();
    const { port, lines } = await listen({
      settings: { maxConnectionsPerAddress: 2 },
      deps: { metrics },
    });
    const first = await connectTo(port);
    await connectTo(port);
    for (let n = 0; n < 3; n += 1) {
      expect(await talk(port, LIVE).catch(() => '')).toBe('');
    }
    expect(closed).toEqual(Array(3).fill('address_limit'));
    const message = 'closed connections beyond the limit of their address';
    const warnings = lines.filter((line) => line.message === message);
    expect(warnings.map(({ fields }) => fields)).toEqual([
      { connections: 1, limit: 2, client_ip: '127.0.0.1' },
    ]);
    first.destroy();
    await eventually(async () => expect(statusesIn(await talk(port, LIVE))).toEqual([200]));
  });

  test('have no limit when the address is a trusted proxy', async () => {
    const { port } = await listen({
      settings: { maxConnectionsPerAddress: 1, trustedProxies: ['127.0.0.0/8'] },
    });
    await connectTo(port);
    await connectTo(port);
    expect(statusesIn(await talk(port, LIVE))).toEqual([200]);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:DB8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['1::2:3:4:5:6', '1:0:0:2'],
  ])('%s counts as %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  test.each([
    ['10.1.2.3', true],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8::1', true],
    ['2001:db9::1', false],
  ])('%s in the list of proxies: %s', (address, isListed) => {
    const list = createAddressList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']);
    expect(list.has(address)).toBe(isListed);
  });
});
