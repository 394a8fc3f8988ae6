import type { DomainEvent, NewEvent } from '../events.ts';
import { versionExhausted } from '../rejections.ts';
import type { EmailAddress } from './email-address.ts';
import {
  type FieldValues,
  PROFILE_FIELDS,
  PROFILE_PROPERTIES,
  type ProfileField,
  type ProfileProperty,
  type ProfileValues,
} from './profile-fields.ts';

export const USER_STATUSES = ['active', 'disabled'] as const;

/** PostgreSQL's largest `integer`: a version cannot rise above it. */
export const MAX_VERSION = 2_147_483_647;

/** Stands for a password that was taken away. No hash has this form, so no password matches it. */
export const NO_PASSWORD = '!';

/** A user who is not active has no sessions and starts none. */
export type UserStatus = (typeof USER_STATUSES)[number];

/** A user without the password, as readers and caches hold it. */
export interface UserProfile extends ProfileValues {
  readonly id: string;
  readonly emailVerified: boolean;
  readonly status: UserStatus;
  /** 1 for a new user; every write to the row adds one, except a rehash. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The whole state of a user, as a repository stores and restores it. */
export interface UserState extends UserProfile {
  /** After an operator has expired the password, a hash that no password matches. */
  readonly passwordHash: string;
  /** Hash of a password that an operator has expired; null while the password is accepted. */
  readonly expiredPasswordHash: string | null;
  /** Time at which a disabled user is enabled again; null for no such time, and for an active user. */
  readonly disabledUntil: Date | null;
  /** Whether that time had come by the database's clock when the row was read. */
  readonly disablingIsOver: boolean;
  /** Version of the password's preparation before hashing (`PASSWORD_NORMALIZATION_VERSION`). */
  readonly passwordForm: number;
}

const WITHOUT_PASSWORD = {
  passwordHash: NO_PASSWORD,
  passwordForm: 0,
  expiredPasswordHash: null,
} as const;

/** The fields to change; a field that is left out stays as it is. */
export type ProfileChange = Partial<ProfileValues>;

export interface Registration extends ProfileValues {
  readonly id: string;
  /** True when an invitation proved the address; false by default. */
  readonly emailVerified?: boolean;
  readonly passwordHash: string;
  readonly passwordForm: number;
}

/**
 * A user and the events of its changes since it was loaded. Methods change the state in memory; the use case stores
 * the user and appends the events in one transaction. A change of a user at `MAX_VERSION` throws DomainError
 * `version_exhausted`.
 */
export class User {
  #state: UserState;
  #events: NewEvent[] = [];

  private constructor(state: UserState) {
    this.#state = state;
  }

  /** Creates a user at version 1, with its `user.created` event. */
  static register(registration: Registration, now: Date): User {
    const user = new User({
      emailVerified: false,
      ...registration,
      status: 'active',
      expiredPasswordHash: null,
      disabledUntil: null,
      disablingIsOver: false,
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    user.#record(
      { type: 'user.created', data: { status: user.#state.status } },
      PROFILE_PROPERTIES,
    );
    return user;
  }

  /** Restores a stored user. For repositories: it validates nothing and records no event. */
  static restore(state: UserState): User {
    return new User(state);
  }

  get id(): string {
    return this.#state.id;
  }

  get version(): number {
    return this.#state.version;
  }

  get state(): UserState {
    return this.#state;
  }

  get profile(): UserProfile {
    const {
      passwordHash: _hash,
      passwordForm: _form,
      expiredPasswordHash: _expired,
      disabledUntil: _until,
      disablingIsOver: _isOver,
      ...profile
    } = this.#state;
    return profile;
  }

  /**
   * Applies the values that differ and records one event that names all changed fields: `user.email_changed` when the
   * address is among them, else `user.updated`.
   * @returns the changed fields; empty, with the version untouched, when nothing differs.
   */
  changeProfile(change: ProfileChange, now: Date): readonly ProfileField[] {
    const changed = PROFILE_PROPERTIES.filter(
      (property) => change[property] !== undefined && change[property] !== this.#state[property],
    );
    if (changed.length === 0) return [];
    const emailChanged = changed.includes('email');
    this.#write({ ...change, ...(emailChanged ? { emailVerified: false } : {}) }, now);
    const fields = changed.map((property) => PROFILE_FIELDS[property].name);
    const type = emailChanged ? 'user.email_changed' : 'user.updated';
    this.#record({ type, data: { changed_fields: fields } }, changed);
    return fields;
  }

  /** Sets another password. The use case ends the other sessions. */
  changePassword(passwordHash: string, passwordForm: number, now: Date): void {
    this.#write({ passwordHash, passwordForm, expiredPasswordHash: null }, now);
    this.#record({ type: 'user.password_changed', data: {} });
  }

  /**
   * Disables the user, or changes the time at which the user is enabled again. The use case ends the sessions.
   * @param until null for no such time
   * @returns false, with the version untouched, when nothing differs
   */
  disable(until: Date | null, now: Date): boolean {
    const { status, disabledUntil } = this.#state;
    if (status === 'disabled' && disabledUntil?.getTime() === until?.getTime()) return false;
    this.#write({ status: 'disabled', disabledUntil: until, disablingIsOver: false }, now);
    this.#record({ type: 'user.disabled', data: { until: until?.toISOString() ?? null } });
    return true;
  }

  /** @returns false, with the version untouched, for a user who is active */
  enable(now: Date): boolean {
    if (this.#state.status === 'active') return false;
    this.#write({ status: 'active', disabledUntil: null, disablingIsOver: false }, now);
    this.#record({ type: 'user.enabled', data: {} });
    return true;
  }

  /**
   * Makes the password one that is no longer accepted. The use case ends the sessions.
   * @param unusableHash a hash that no password matches
   * @returns false, with the version untouched, when the password has expired already
   */
  expirePassword(unusableHash: string, now: Date): boolean {
    const { passwordHash, expiredPasswordHash } = this.#state;
    if (expiredPasswordHash !== null) return false;
    this.#write({ passwordHash: unusableHash, expiredPasswordHash: passwordHash }, now);
    this.#record({ type: 'user.password_expired', data: {} });
    return true;
  }

  /**
   * Marks the address as verified.
   * @param removePassword also takes the password away, because the person who proved the address did not set it.
   */
  verifyEmail({ removePassword }: { readonly removePassword: boolean }, now: Date): void {
    this.#write({ emailVerified: true, ...(removePassword ? WITHOUT_PASSWORD : {}) }, now);
    this.#record({
      type: 'user.email_verified',
      data: removePassword ? { password_removed: true } : {},
    });
  }

  /** Sets a password for a person who proved the address, which is verified from then on. */
  resetPassword(passwordHash: string, passwordForm: number, now: Date): void {
    const wasVerified = this.#state.emailVerified;
    this.#write(
      { passwordHash, passwordForm, expiredPasswordHash: null, emailVerified: true },
      now,
    );
    this.#record({
      type: 'user.password_changed',
      data: wasVerified ? {} : { email_verified: true },
    });
  }

  /** Moves the account to an address that its owner has proven. */
  moveToProvenEmail(email: EmailAddress, now: Date): void {
    this.#write({ email, emailVerified: true }, now);
    this.#record({ type: 'user.email_changed', data: { changed_fields: ['email'] } }, ['email']);
  }

  /** Takes changes of a verified address back. The person who made them knew the password, so it goes. */
  restoreEmail(email: EmailAddress, now: Date): void {
    this.#write({ email, emailVerified: true, ...WITHOUT_PASSWORD }, now);
    this.#record({ type: 'user.email_changed', data: { changed_fields: ['email'] } }, ['email']);
  }

  /** Records the last version and the last event of the user. The repository removes the row. */
  delete(now: Date): void {
    this.#write({}, now);
    this.#record({ type: 'user.deleted', data: {} });
  }

  /**
   * Moves to a version above every one that consumers may know, because the database was restored from a backup. Nothing
   * else changes; the event tells the present state.
   */
  announceRestored(version: number): void {
    this.#state = { ...this.#state, version };
    this.#record(
      { type: 'user.restored', data: { status: this.#state.status } },
      PROFILE_PROPERTIES,
    );
  }

  /** Returns the recorded events and forgets them. */
  takeEvents(): readonly NewEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #write(change: Partial<UserState>, now: Date): void {
    const { version, updatedAt } = this.#state;
    if (version >= MAX_VERSION) throw versionExhausted();
    this.#state = {
      ...this.#state,
      ...change,
      version: version + 1,
      // The clock of another instance may be ahead; `updatedAt` never goes back.
      updatedAt: now > updatedAt ? now : updatedAt,
    };
  }

  /** @param written the profile fields that the change wrote */
  #record(event: WithoutUser<DomainEvent>, written: readonly ProfileProperty[] = []): void {
    const values: FieldValues = Object.fromEntries(
      written.map((property) => [PROFILE_FIELDS[property].name, this.#state[property]]),
    );
    this.#events.push({
      ...event,
      userId: this.#state.id,
      userVersion: this.#state.version,
      ...(written.length > 0 ? { values } : {}),
    } as NewEvent);
  }
}

type WithoutUser<Event> = Event extends DomainEvent ? Omit<Event, 'userId' | 'userVersion'> : never;
