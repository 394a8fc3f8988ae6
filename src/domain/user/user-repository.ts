import type { EmailAddress } from './email-address.ts';
import type { User, UserProfile, UserStatus } from './user.ts';

/** What anyone who may call the service learns of any user. */
export interface PublicProfile {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** What a sign-in needs to know of an account. */
export interface Credentials {
  readonly userId: string;
  readonly status: UserStatus;
  readonly version: number;
  readonly passwordHash: string;
  readonly passwordForm: number;
}

/** One page of users in id order, which for version 7 ids is the order of registration. */
export interface UserPage {
  readonly users: readonly UserProfile[];
  /** Id to pass as `afterId` for the next page; null on the last one. */
  readonly nextAfterId: string | null;
}

/** Where a page starts and how long it is. */
export interface PageRequest {
  /** Only users with a greater id; null for the first page. */
  readonly afterId: string | null;
  /** 1–200. */
  readonly limit: number;
}

/** Reads that need no transaction, never see a password, and may be answered by a cache. */
export interface UserReader {
  findById(id: string): Promise<UserProfile | null>;
  findByEmail(email: EmailAddress): Promise<UserProfile | null>;
  /** Profiles in no particular order; unknown ids are left out. At most 500 ids, each once. */
  listPublicProfiles(ids: readonly string[]): Promise<readonly PublicProfile[]>;
  list(page: PageRequest): Promise<UserPage>;
  /** Users whose names or e-mail contain the text, whatever its case. */
  search(text: string, page: PageRequest): Promise<UserPage>;
}

/** The collection of all users. Writes belong inside `UnitOfWork.run`. */
export interface UserRepository extends UserReader {
  /** Never from a cache: a changed password counts at once. */
  findCredentials(email: EmailAddress): Promise<Credentials | null>;
  /** As `findCredentials`, for somebody who is signed in already and proves the password once more. */
  findCredentialsById(id: string): Promise<Credentials | null>;
  /** Finds the user and holds its row until the transaction ends, so that writers of one user take turns. */
  lockById(id: string): Promise<User | null>;
  /** @throws DomainError `email_taken` */
  insert(user: User): Promise<void>;
  /**
   * Persistence a locked user's profile and version.
   * @throws DomainError `email_taken`
   */
  update(user: User): Promise<void>;
  /** Persistence a locked user's password and version. */
  updatePassword(user: User): Promise<void>;
  /**
   * Replaces a hash by one of the same password with newer parameters. Version and `updatedAt` stay.
   * @returns false when the stored hash was no longer `fromHash`: somebody else was faster.
   */
  updatePasswordHash(
    id: string,
    fromHash: string,
    toHash: string,
    passwordForm: number,
  ): Promise<boolean>;
  /** Removes a locked user's row. */
  delete(id: string): Promise<void>;
}
