import { expect, test } from 'vitest';
import { createDocsRoutes } from './docs-routes.ts';

test('the document is read once, and again after a failure', async () => {
  let reads = 0;
  const [route] = createDocsRoutes(async () => {
    reads += 1;
    if (reads === 1) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    return `{"read":${reads}}`;
  });
  const get = () => route?.handle({} as never, {} as never);
  await expect(get()).rejects.toThrow('too many open files');
  expect((await get())?.body).toBe('{"read":2}');
  expect((await get())?.body).toBe('{"read":2}');
});
