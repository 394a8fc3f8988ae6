import { expect, test } from 'vitest';
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
