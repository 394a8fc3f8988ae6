import type { AccessTokens } from '../../domain/session/access-tokens.ts';

/** The tokens that a client gets for a sign-in or a refresh. */
export interface IssuedTokens {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly accessExpiresInSeconds: number;
  readonly refreshToken: string;
  readonly refreshExpiresInSeconds: number;
}

interface Deps {
  readonly accessTokens: AccessTokens;
  readonly accessTtlMs: number;
}

/** How the access token differs from the usual one. */
export interface TokenChoice {
  /** One of `tokens.audience`. Default: this service. */
  readonly audience?: string | undefined;
}

export type IssueTokens = ReturnType<typeof createIssueTokens>;

/** Issues the access token for a session and its refresh token. It never outlives the session. */
export function createIssueTokens(deps: Deps) {
  return async (
    session: {
      readonly id: string;
      readonly userId: string;
      readonly refreshToken: string;
      readonly remainingMs: number;
      /** Seconds since the epoch. */
      readonly authenticatedAt: number;
      /** Seconds since the epoch. */
      readonly issuedAt: number;
    },
    { audience }: TokenChoice = {},
  ): Promise<IssuedTokens> => {
    const accessExpiresInSeconds = Math.max(
      1,
      Math.floor(Math.min(deps.accessTtlMs, session.remainingMs) / 1000),
    );
    const accessToken = await deps.accessTokens.issue({
      userId: session.userId,
      sessionId: session.id,
      authenticatedAt: session.authenticatedAt,
      issuedAt: session.issuedAt,
      expiresInSeconds: accessExpiresInSeconds,
      ...(audience === undefined ? {} : { audience }),
    });
    return {
      sessionId: session.id,
      accessToken,
      accessExpiresInSeconds,
      refreshToken: session.refreshToken,
      refreshExpiresInSeconds: Math.floor(session.remainingMs / 1000),
    };
  };
}
