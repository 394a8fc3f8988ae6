import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import { createIdTokens } from './id-tokens.ts';
import type { MasterKeys } from './master-key.ts';

const CODE_DIGITS = 6;

/**
 * Link tokens are `uct_` and base64url of the challenge's id, 256 random bits and a MAC over both; stored as SHA-256. The
 * MAC refuses invented tokens without a query. A code has six digits: a plain hash of it could be searched through in a
 * second, so it is stored as an HMAC under a key of the master key, bound to its challenge. Links and codes that were
 * made under the previous master key stay valid.
 */
export function createChallengeSecrets(deps: {
  readonly masterKeys: MasterKeys;
}): ChallengeSecrets {
  const tokens = createIdTokens('uct_', deps.masterKeys.derive('challenge-token-authentication'));
  const codeKeys = deps.masterKeys.derive('challenge-code-authentication');
  const counterKey = deps.masterKeys.derive('challenge-counter-names').current;

  return {
    create(challengeId) {
      const { token, hash: tokenHash } = tokens.create(challengeId);
      const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
      const codeHmac = hmacOfCode(codeKeys.current, challengeId, code);
      return { token, tokenHash, code, codeHmac };
    },
    readToken(token) {
      const read = tokens.read(token);
      return read === null ? null : { challengeId: read.id, hash: read.hash };
    },
    codeMatches(challengeId, code, codeHmac) {
      const typed = code.replaceAll(' ', '');
      return codeKeys.accepted.some((key) =>
        timingSafeEqual(hmacOfCode(key, challengeId, typed), codeHmac),
      );
    },
    addressKey: (email) => hmac(counterKey, `address:${email}`),
    guessKey: (purpose, subject) => hmac(counterKey, `guesses:${purpose}:${subject}`),
  };
}

function hmacOfCode(key: Uint8Array, challengeId: string, code: string): Uint8Array {
  return hmac(key, `${challengeId.toLowerCase()}:${code}`);
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(text).digest());
}
