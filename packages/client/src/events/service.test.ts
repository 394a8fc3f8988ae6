import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connectToService } from './service.ts';

test('the body of a refusal is read up to a bound, and the rest is not received', async () => {
  let sent = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      if (sent > 100) controller.close();
      else controller.enqueue(new Uint8Array(16_384).fill(0x20));
    },
    cancel() {
      isCancelled = true;
    },
  });
  const service = connectToService({
    ...{ url: 'https://users.example.com', key: 'usk_key' },
    fetch: () => Promise.resolve(new Response(body, { status: 400 })),
  });
  const request = { signal: new AbortController().signal, timeoutMs: 10_000 };
  await expect(service.request('/v1/events', request)).rejects.toMatchObject({
    ...{ name: 'ServiceRefusal', status: 400, code: 'http_400' },
  });
  expect(isCancelled).toBe(true);
  expect(sent).toBeLessThan(10);
});

/**
 * A service whose responses have this body.
 * @param then - whether the body ends after the pieces, hangs, or repeats the last one every millisecond
 */
function serviceWith(
  pieces: readonly (string | Uint8Array)[],
  then: 'end' | 'hang' | 'repeat' = 'hang',
) {
  const state = { isCancelled: false };
  const left = pieces.map((piece) =>
    typeof piece === 'string' ? new TextEncoder().encode(piece) : piece,
  );
  const service = connectToService({
    ...{ url: 'https://users.example.com', key: 'usk_key' },
    async fetch() {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (then === 'repeat') await sleep(1);
          const piece = then === 'repeat' ? left.at(-1) : left.shift();
          if (piece !== undefined) controller.enqueue(piece);
          else if (then === 'end') controller.close();
          else await new Promise(() => {});
        },
        cancel() {
          state.isCancelled = true;
        },
      });
      return new Response(body);
    },
  });
  const read = async (timeoutMs = 20) => {
    const { signal } = new AbortController();
    return await service.request('/v1/users/export', { signal, timeoutMs });
  };
  return { read, state };
}

async function collect(stream: AsyncIterable<readonly unknown[]>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const lines of stream) values.push(...lines);
  return values;
}

const CUT_OFF = { name: 'Transient', message: 'The response was cut off.' };

describe('a stream', () => {
  test('has the lines however its pieces are cut', async () => {
    const bytes = new TextEncoder().encode('{"name":"Žofie"}\n\n[1]\n2');
    for (let at = 0; at <= bytes.length; at += 1) {
      const { read } = serviceWith([bytes.subarray(0, at), bytes.subarray(at)], 'end');
      expect(await collect((await read(10_000)).stream())).toEqual([{ name: 'Žofie' }, [1], 2]);
    }
  });

  test.each([
    ['stops in the middle of a line', ['1\n{"a":'], 'hang'],
    ['has bytes now and then, and never a whole line', [' '], 'repeat'],
    ['has empty lines only', ['\n'], 'repeat'],
  ] as const)('that %s is given up', async (_name, pieces, then) => {
    const { read } = serviceWith(pieces, then);
    await expect(collect((await read()).stream())).rejects.toMatchObject(CUT_OFF);
  });

  test.each([
    ['an endless line', ['x'.repeat(1_048_577)]],
    ['a line that is not JSON', ['1\n<html>\n']],
    ['bytes that are not UTF-8', [Uint8Array.of(0x22, 0xff, 0x22, 0x0a)]],
  ])('with %s is given up, and the rest is not received', async (_name, pieces) => {
    const { read, state } = serviceWith(pieces);
    await expect(collect((await read(10_000)).stream())).rejects.toMatchObject(CUT_OFF);
    expect(state.isCancelled).toBe(true);
  });

  test('that is left is not received further', async () => {
    const { read, state } = serviceWith(['1\n', '2\n']);
    for await (const lines of (await read(10_000)).stream()) {
      expect(lines).toEqual([1]);
      break;
    }
    expect(state.isCancelled).toBe(true);
  });
});

test('a body that does not end is given up, and so is one that is too large', async () => {
  await expect((await serviceWith([' '], 'repeat').read()).lines()).rejects.toMatchObject(CUT_OFF);
  await expect((await serviceWith(['1\n']).read()).lines()).rejects.toMatchObject(CUT_OFF);
  const line = `"${'x'.repeat(1_000_000)}"\n`;
  const large = serviceWith(Array.from({ length: 20 }, () => line));
  await expect((await large.read(10_000)).lines()).rejects.toMatchObject({
    ...{ ...CUT_OFF, cause: { message: 'the response has more than 16777216 bytes' } },
  });
  expect(large.state.isCancelled).toBe(true);
});

describe('a request', () => {
  const request = (timeoutMs: number, signal = new AbortController().signal) => ({
    ...{ signal, timeoutMs },
  });
  const never = () => new Promise<never>(() => {});

  test.each([
    ['fetch', { key: 'usk_key', fetch: never }, 'The user service cannot be reached.'],
    ['the function for the key', { key: never }, 'The service key cannot be read.'],
  ])('is given up when %s hangs, also one that knows no signal', async (_name, more, message) => {
    const service = connectToService({ url: 'https://users.example.com', ...more });
    const result = service.request('/v1/events', request(20));
    await expect(result).rejects.toMatchObject({ name: 'Transient', message });
    const stopping = new AbortController();
    const stopped = service.request('/v1/events', request(60_000, stopping.signal));
    stopping.abort();
    await expect(stopped).rejects.toBe(stopping.signal.reason);
  });

  test('is tried again when the key cannot be read', async () => {
    const key = () => Promise.reject(new Error('ENOENT'));
    const service = connectToService({ url: 'https://users.example.com', key });
    const result = service.request('/v1/events', request(10_000));
    await expect(result).rejects.toMatchObject({ name: 'Transient', cause: new Error('ENOENT') });
  });
});
