/** `permissive` accepts what other systems accepted, for accounts that come from there. */
export type RuleLevel = 'strict' | 'permissive';

/**
 * The rules that an operator can relax. Length, control characters and the one canonical form of an address hold at
 * every level.
 */
export interface ProfileRules {
  readonly email: RuleLevel;
  readonly phone: RuleLevel;
}

export const STRICT_PROFILE_RULES: ProfileRules = { email: 'strict', phone: 'strict' };
