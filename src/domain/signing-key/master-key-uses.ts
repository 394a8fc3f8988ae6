/** When an instance last sealed with a master key, by the clock of the database. */
export interface MasterKeyUse {
  readonly lastUsedAt: Date;
  readonly ageMs: number;
}

/** Records which master keys instances seal with. */
export interface MasterKeyUses {
  readonly hasPrevious: boolean;
  /** Records that this instance seals with `security.master_key` now. */
  recordCurrent(): Promise<void>;
  /** Records that something was found under the previous key: a build without these records has used it. */
  recordPrevious(): Promise<void>;
  /** @returns null when no instance is known to have used the previous key */
  findPrevious(): Promise<MasterKeyUse | null>;
}
