import type { Call } from './call.ts';
import type { AccountCalls } from './session.ts';
import type { SessionTokens } from './session-tokens.ts';
import type { ChallengeCode, MailCode, RegisterCode, Registered, RequestedMail } from './types.ts';

interface Deps {
  readonly call: Call;
  readonly tokens: SessionTokens;
  /** The token that makes this browser known to the service, as a member of a body. */
  readonly deviceToken: () => { readonly device_token?: string };
}

export function createAccountCalls({ call, tokens, deviceToken }: Deps): AccountCalls {
  return {
    register: (registration) =>
      call<Registered, RegisterCode>('POST', '/v1/users', { body: registration }),
    requestEmailVerification: (email) =>
      call<RequestedMail, MailCode>('POST', '/v1/email-verifications', {
        body: { email, ...deviceToken() },
      }),
    async confirmEmailVerification(proof) {
      // A signed-in owner keeps the password; without a token the service cannot know.
      const token = await tokens.accessToken();
      if (!token.ok) return token;
      return call<undefined, ChallengeCode>('POST', '/v1/email-verifications/confirm', {
        body: proof,
        token: token.data,
      });
    },
    requestPasswordReset: (email) =>
      call<RequestedMail, MailCode>('POST', '/v1/password-resets', {
        body: { email, ...deviceToken() },
      }),
    confirmPasswordReset: (proof) =>
      call<undefined, ChallengeCode>('POST', '/v1/password-resets/confirm', { body: proof }),
  };
}
