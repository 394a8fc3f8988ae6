import { versionMismatch } from '../../domain/rejections.ts';
import type { User } from '../../domain/user/user.ts';

/** Which versions a change may be applied to; `any` where the caller did not say (RFC 9110 §13.1.1). */
export type ExpectedVersions = readonly number[] | 'any';

/**
 * Checks a locked user.
 * @throws DomainError `version_mismatch`
 */
export function assertVersion(user: User, expected: ExpectedVersions): void {
  if (expected !== 'any' && !expected.includes(user.version)) throw versionMismatch();
}
