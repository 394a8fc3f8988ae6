import { expect, test } from 'vitest';
import { createIntrospection } from './introspection.ts';
import { serviceHeaders } from './service-key.ts';

test('a function that does not return holds up a request for a bounded time only', async () => {
  const headers = serviceHeaders(() => new Promise(() => {}), 10);
  await expect(headers).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a key that cannot be had is no answer about a token, and nothing is sent', async () => {
  let requests = 0;
  const isActive = createIntrospection({
    url: 'https://users.example.com',
    key: () => Promise.reject(new Error('no key')),
    fetch: async () => {
      requests += 1;
      return Response.json({ active: true });
    },
  });
  expect(await isActive('token')).toBeNull();
  expect(requests).toBe(0);
});
