import { versionMismatch, versionUnreadable } from '../../domain/rejections.ts';
import type { User } from '../../domain/user/user.ts';

/** Versions that a change may be applied to; empty if the precondition names none, `any` without a precondition (RFC 9110 §13.1.1). */
export type ExpectedVersions = readonly number[] | 'any';

/**
 * Checks the version of a locked user.
 * @throws DomainError `version_mismatch`
 */
export function assertVersion(user: User, expected: ExpectedVersions): void {
  if (expected === 'any' || expected.includes(user.version)) return;
  throw expected.length === 0 ? versionUnreadable() : versionMismatch();
}
