import type { EmailAddress } from './email-address.ts';
import type { User, UserProfile, UserStatus } from './user.ts';

/** The part of a profile that every authenticated caller may see. */
export interface PublicProfile {
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** What a sign-in reads of an account. */
export interface Credentials {
  readonly userId: string;
  /** A disabling that is over by the database's clock counts as `active`. */
  readonly status: UserStatus;
  readonly emailVerified: boolean;
  readonly version: number;
  readonly passwordHash: string;
  /** As in `UserState`: verify the attempt against this hash instead, and refuse it in any case. */
  readonly expiredPasswordHash: string | null;
  readonly passwordForm: number;
}

/** One page of users in id order, which for version 7 ids is the order of registration. */
export interface UserPage {
  readonly users: readonly UserProfile[];
  /** `afterId` of the next page; null on the last page. */
  readonly nextAfterId: string | null;
}

export interface PageRequest {
  /** Only users with a greater id; null for the first page. */
  readonly afterId: string | null;
  /** 1–200. */
  readonly limit: number;
}

/** Reads without a transaction and without passwords; a cache may answer them. */
export interface UserReader {
  findById(id: string): Promise<UserProfile | null>;
  findByEmail(email: EmailAddress): Promise<UserProfile | null>;
  /** Profiles in no particular order, without unknown ids. At most 500 ids, each once. */
  listPublicProfiles(ids: readonly string[]): Promise<readonly PublicProfile[]>;
  list(page: PageRequest): Promise<UserPage>;
  /**
   * Users whose names or address contain the text, by full case folding in every script. The work for one page is
   * bounded: a page may be short or empty although `nextAfterId` is not null.
   */
  search(text: string, page: PageRequest): Promise<UserPage>;
}

/** Writes belong inside `UnitOfWork.run`. */
export interface UserRepository extends UserReader {
  /** Users in no particular order, without unknown ids. At most 500 ids, each once; one statement. Never cached. */
  listByIds(ids: readonly string[]): Promise<readonly UserProfile[]>;
  /** Never cached: a changed password takes effect at once. */
  findCredentials(email: EmailAddress): Promise<Credentials | null>;
  /** As `findCredentials`, for a signed-in user who re-authenticates. */
  findCredentialsById(id: string): Promise<Credentials | null>;
  /** Ids of disabled users whose disabling is over by the database's clock, the longest waiting first. */
  listToEnable(limit: number): Promise<readonly string[]>;
  /** Locks the user's row until the transaction ends, so that writers of one user run one after another. */
  lockById(id: string): Promise<User | null>;
  /** As `lockById` for the next users in id order below a version, without those that registered after a time. */
  lockBelowVersion(range: {
    readonly version: number;
    readonly afterId: string | null;
    readonly createdBefore: Date;
    readonly limit: number;
  }): Promise<readonly User[]>;
  /** Stores the version of locked users, and nothing else. */
  updateVersions(users: readonly User[], version: number): Promise<void>;
  /** @throws DomainError `email_taken` */
  insert(user: User): Promise<void>;
  /** Stores the password and version of a locked user. */
  updatePassword(user: User): Promise<void>;
  /**
   * Stores the address, whether it is verified, the password and the version of a locked user.
   * @throws DomainError `email_taken`
   */
  updateAccess(user: User): Promise<void>;
  /**
   * Replaces a hash by one of the same password with current parameters. Version and `updatedAt` stay.
   * @returns false when the stored hash was no longer `fromHash`: another writer changed it first.
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
