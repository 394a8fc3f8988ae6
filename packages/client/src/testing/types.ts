import type { User } from '../generated/schemas.ts';

/** A user as the service shows it to a caller with `users:read`. */
export type TestUser = User;

/** The fields of a user that a test may choose; the others get values that are told apart by a number. */
export type TestUserFields = Partial<
  Pick<
    TestUser,
    'id' | 'first_name' | 'last_name' | 'email' | 'phone' | 'locale' | 'email_verified' | 'status'
  >
>;

/** A service account with its key. */
export interface TestServiceAccount {
  readonly id: string;
  /** Send it as `Authorization: Bearer …`. */
  readonly key: string;
}

/** What the fake and the real service of the test kit share. */
export interface TestService {
  /** Where it listens: `http://127.0.0.1:<port>`. It is the issuer of the tokens, too. */
  readonly url: string;
  readonly issuer: string;
  /** `aud` of the tokens. */
  readonly audience: string;
  /** Creates a service account. @param scopes such as `users:read`; all scopes by default */
  createServiceAccount(scopes?: readonly string[]): Promise<TestServiceAccount>;
  /** Stops it. May be called twice. */
  stop(): Promise<void>;
}

/** All scopes of service accounts. */
export const ALL_SCOPES: readonly string[] = [
  'users:read',
  'users:write',
  'users:admin',
  'events:read',
  'webhooks:admin',
  'tokens:introspect',
];
