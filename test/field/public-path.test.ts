import { describe, expect, test } from 'vitest';
import { createPerson, patientHashing, useSharedApi } from '../support/api.ts';

/** Clients reach the service under /auth, which a proxy removes from the path. */
const PUBLIC_URL = 'https://x.example/auth/';

describe('behind a proxy with a path', () => {
  const getApi = useSharedApi('embedded', {
    env: { ...patientHashing, SERVER_PUBLIC_URL: PUBLIC_URL },
  });

  /** The path that the service gets for a URL of a client. */
  function withoutPrefix(location: unknown, requested: string): string {
    const { href } = new URL(String(location), new URL(requested, PUBLIC_URL));
    expect(href).toMatch(/^https:\/\/x\.example\/auth\//);
    return href.slice('https://x.example/auth'.length);
  }

  test('Location of a registration leads to the user', async () => {
    const answer = await getApi().send('POST', '/v1/users', { body: createPerson() });
    const { id } = answer.json();
    expect(answer.headers.location).toBe(`/auth/v1/users/${id}`);
    expect(withoutPrefix(answer.headers.location, 'v1/users')).toBe(`/v1/users/${id}`);
  });

  test('the operations of the API document are under the path', async () => {
    const document = (await getApi().send('GET', '/openapi.json')).json();
    expect(document.servers).toEqual([{ url: '/auth' }]);
  });

  test.each(['/', '/docs/'])('GET %s leads to the documentation page', async (path) => {
    const answer = await getApi().send('GET', path);
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/auth/docs']);
    const page = await getApi().send('GET', withoutPrefix(answer.headers.location, '.'));
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  test('every link of the documentation page leads into the service', async () => {
    const page = await getApi().send('GET', '/docs');
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(4);
    for (const link of links.filter((each) => !each.startsWith('https://'))) {
      const answer = await getApi().send('GET', withoutPrefix(link, 'docs'));
      expect([link, answer.statusCode]).toEqual([link, 200]);
    }
  });
});

describe('without a path', () => {
  const getApi = useSharedApi('embedded', {
    env: { ...patientHashing, SERVER_PUBLIC_URL: 'https://x.example' },
  });

  test('paths start at the root', async () => {
    const registered = await getApi().send('POST', '/v1/users', { body: createPerson() });
    expect(registered.headers.location).toBe(`/v1/users/${registered.json().id}`);
    expect((await getApi().send('GET', '/')).headers.location).toBe('/docs');
    const document = (await getApi().send('GET', '/openapi.json')).json();
    expect(document.servers).toEqual([{ url: '/' }]);
  });
});
