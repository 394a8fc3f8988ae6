import { describe, expect, it } from 'vitest';
import { portWith } from '../../../test/support/ports.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import { createIssueTokens } from './issue-tokens.ts';

describe('the tokens of a session', () => {
  it.each([
    ['the configured lifetime', 3_600_000, 600, 3_600],
    ['the rest of the session when that is shorter, in whole seconds', 59_999, 59, 59],
    ['at least one second', 400, 1, 0],
  ])('have an access token with %s', async (_what, remainingMs, expected, refreshExpected) => {
    const issued: number[] = [];
    const issueTokens = createIssueTokens({
      accessTokens: portWith<AccessTokens>({
        async issue({ expiresInSeconds }) {
          issued.push(expiresInSeconds);
          return 'access';
        },
      }),
      accessTtlMs: 600_000,
    });
    const session = {
      id: 'session 1',
      userId: 'user 1',
      refreshToken: 'refresh',
      remainingMs,
      authenticatedAt: 1_000,
      issuedAt: 2_000,
    };
    expect(await issueTokens(session)).toEqual({
      sessionId: 'session 1',
      accessToken: 'access',
      accessExpiresInSeconds: expected,
      refreshToken: 'refresh',
      refreshExpiresInSeconds: refreshExpected,
    });
    expect(issued).toEqual([expected]);
  });
});
