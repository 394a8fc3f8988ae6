import type { Clock } from '../../domain/ports.ts';
import { invalidToken, stepUpRequired, unauthenticated } from '../../domain/rejections.ts';
import { CLOCK_LEEWAY_SECONDS } from '../../domain/session/access-tokens.ts';
import type { SessionRepository } from '../../domain/session/session-repository.ts';
import type { Caller } from './caller.ts';

interface Deps {
  readonly sessions: Pick<SessionRepository, 'findLive'>;
  readonly clock: Clock;
  /** `step_up.max_age` */
  readonly stepUpMaxAgeMs: number;
}

export type RequireFresh = ReturnType<typeof createRequireFresh>;

const LEEWAY_MS = CLOCK_LEEWAY_SECONDS * 1_000;

/**
 * Requires that the user has proved a password within `maxAgeMs`, by default `step_up.max_age` (RFC 9470, OWASP ASVS
 * 7.5.1). Both the token and its session have to be fresh. The database's clock judges the session without leeway; the
 * leeway for the token only keeps an instance whose clock is ahead from refusing it. A service and the operator have no
 * session and pass: their policy decides.
 * @throws DomainError `step_up_required`, `invalid_token` when the session has ended, `unauthenticated`, `unavailable`
 */
export function createRequireFresh(deps: Deps) {
  return async ({ principal }: Caller, maxAgeMs = deps.stepUpMaxAgeMs): Promise<void> => {
    if (principal.kind === 'anonymous') throw unauthenticated();
    if (principal.kind !== 'user') return;
    const { sessionId, userId, authenticatedAt } = principal;
    if (authenticatedAt === undefined) throw stepUpRequired(maxAgeMs);
    const tokenAgeMs = deps.clock.now().getTime() - authenticatedAt * 1_000;
    if (!isWithin(tokenAgeMs, maxAgeMs + LEEWAY_MS)) throw stepUpRequired(maxAgeMs);
    const session = await deps.sessions.findLive(sessionId);
    if (session === null || session.userId !== userId) {
      throw invalidToken('The access token is not valid.');
    }
    if (!isWithin(session.sinceAuthenticationMs, maxAgeMs)) throw stepUpRequired(maxAgeMs);
  };
}

/** A time further ahead than clocks differ is no proof: a clock was set back since. */
function isWithin(ageMs: number, maxAgeMs: number): boolean {
  return ageMs >= -LEEWAY_MS && ageMs <= maxAgeMs;
}
