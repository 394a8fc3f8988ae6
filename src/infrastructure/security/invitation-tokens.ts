import type { InvitationTokens } from '../../domain/invitation/invitation.ts';
import { createIdTokens } from './id-tokens.ts';
import type { MasterKeys } from './master-key.ts';

/** Invitation tokens: `uit_` and the id of the invitation with 256 random bits and a MAC. */
export function createInvitationTokens(deps: {
  readonly masterKeys: MasterKeys;
}): InvitationTokens {
  return createIdTokens('uit_', deps.masterKeys.derive('invitation-token-authentication'));
}
