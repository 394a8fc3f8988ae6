/** A row of the table as it is. Another program may have written values that this service would not write. */
export interface StoredUser {
  readonly id: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly locale: string | null;
  readonly passwordHash: string | null;
  readonly emailVerified: boolean | null;
  readonly status: string | null;
  readonly version: number | null;
  /** Whether the time is in the years 1 to 9999; null for a missing time. */
  readonly createdAtInRange: boolean | null;
  readonly updatedAtInRange: boolean | null;
}

export interface StoredUserPage {
  readonly users: readonly StoredUser[];
  /** `fromId` of the next page; null on the last page. */
  readonly nextFromId: string | null;
}

/** A user and an address of that user, as it is stored. */
export interface AddressHolder {
  readonly userId: string;
  readonly email: string;
}

/** Reads rows without the promise that their values are valid. */
export interface StoredUserReader {
  /** Users in id order from `fromId` on, that id included; from the first one for null. */
  listStored(page: {
    readonly fromId: string | null;
    readonly limit: number;
  }): Promise<StoredUserPage>;
  /** The users with one of these addresses, spelled exactly so; at most `limit`, in no order. */
  listAddressHolders(emails: readonly string[], limit: number): Promise<readonly AddressHolder[]>;
}
