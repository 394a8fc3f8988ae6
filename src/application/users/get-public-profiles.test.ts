import { describe, expect, it } from 'vitest';
import { callerWith } from '../../../test/support/ports.ts';
import { createGetPublicProfiles } from './get-public-profiles.ts';

const caller = callerWith({ kind: 'user', userId: 'user 1', sessionId: 'session 1' });

describe('a batch of public profiles', () => {
  it('keeps the order of the request and lists the missing ids', async () => {
    const queried: (readonly string[])[] = [];
    const getPublicProfiles = createGetPublicProfiles({
      texts: {
        async listPublicProfileTexts(ids) {
          queried.push(ids);
          return ids.map((id) => (id < 'x' ? `text of ${id}` : null));
        },
      },
    });
    expect(await getPublicProfiles(caller, ['x', 'c', 'a', 'y', 'b', 'a', 'x'])).toEqual({
      profiles: ['text of c', 'text of a', 'text of b'],
      missing: ['x', 'y'],
    });
    expect(queried).toEqual([['x', 'c', 'a', 'y', 'b']]);
  });

  it('is for users and for services with the scope; other callers cause no query', async () => {
    const getPublicProfiles = createGetPublicProfiles({
      texts: { listPublicProfileTexts: () => Promise.reject(new Error('no query was expected')) },
    });
    const anonymous = callerWith({ kind: 'anonymous' });
    const writer = callerWith({ kind: 'service', accountId: 'account 1', scopes: ['users:write'] });
    await expect(getPublicProfiles(anonymous, ['a'])).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(getPublicProfiles(writer, ['a'])).rejects.toMatchObject({ code: 'forbidden' });
  });
});
