import {
  header,
  SERVICE_ID,
  SESSION_ID,
  type Signer,
  USER_ID,
  userClaims,
  without,
} from './tokens.ts';

export interface Case {
  readonly name: string;
  readonly token: string;
  /** In place of the key set of the file. */
  readonly jwks?: { readonly keys: readonly object[] };
  /** Refused by a careful verifier; a library may accept it, and no attacker gains by that. */
  readonly strict?: true;
  readonly expected: object;
}

export const USER = { verdict: 'valid', kind: 'user', subject: USER_ID, session_id: SESSION_ID };
export const SERVICE = { verdict: 'valid', kind: 'service', subject: SERVICE_ID, session_id: null };
export const invalid = (reason: string) => ({ verdict: 'invalid', reason });

/** The token of a user, with other claims. */
export function user(signer: Signer, changes: Readonly<Record<string, unknown>> = {}): string {
  return signer.token('EdDSA', header('EdDSA'), without({ ...userClaims, ...changes }));
}
