import type { DomainEvent, ProfileField } from '../events.ts';
import type { EmailAddress } from './email-address.ts';
import type { PersonName } from './person-name.ts';
import type { PhoneNumber } from './phone-number.ts';

/** Whether a user may sign in. */
export type UserStatus = 'active' | 'disabled';

/** What a user's record shows: everything but the password. What readers and caches hold. */
export interface UserProfile {
  readonly id: string;
  readonly firstName: PersonName;
  readonly lastName: PersonName;
  readonly email: EmailAddress;
  readonly phone: PhoneNumber | null;
  readonly emailVerified: boolean;
  readonly status: UserStatus;
  /** 1 for a new user, one more with every write to the row but a rehash. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A user's whole state, as a repository stores and restores it. */
export interface UserState extends UserProfile {
  readonly passwordHash: string;
  /** Version of the password's preparation before hashing (`PASSWORD_NORMALIZATION_VERSION`). */
  readonly passwordForm: number;
}

/** A changed profile: only the given fields change. */
export interface ProfileChange {
  readonly firstName?: PersonName;
  readonly lastName?: PersonName;
  readonly email?: EmailAddress;
  readonly phone?: PhoneNumber | null;
}

/** What a new user starts from. */
export interface Registration {
  readonly id: string;
  readonly firstName: PersonName;
  readonly lastName: PersonName;
  readonly email: EmailAddress;
  readonly phone: PhoneNumber | null;
  readonly passwordHash: string;
  readonly passwordForm: number;
}

const FIELD_NAMES = {
  firstName: 'first_name',
  lastName: 'last_name',
  email: 'email',
  phone: 'phone',
} as const satisfies Record<keyof ProfileChange, ProfileField>;

/**
 * A user and the events of what was done to it since it was loaded. Methods change the state in memory; the use case
 * stores it and appends the events in one transaction.
 */
export class User {
  #state: UserState;
  #events: DomainEvent[] = [];

  private constructor(state: UserState) {
    this.#state = state;
  }

  /** A new user at version 1, with its `user.created` event. */
  static register(registration: Registration, now: Date): User {
    const user = new User({
      ...registration,
      emailVerified: false,
      status: 'active',
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
    user.#record({ type: 'user.created', data: { status: user.#state.status } });
    return user;
  }

  /** A stored user, as it was. For repositories only: nothing is validated and no event recorded. */
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

  /** The state without the password. */
  get profile(): UserProfile {
    const { passwordHash: _hash, passwordForm: _form, ...profile } = this.#state;
    return profile;
  }

  /**
   * Applies what differs. One event a version: `user.email_changed` when the address is among the changes, else
   * `user.updated`, either one naming all changed fields.
   * @returns the changed fields; empty, with the version untouched, when nothing differs.
   */
  changeProfile(change: ProfileChange, now: Date): readonly ProfileField[] {
    const changed = (Object.keys(FIELD_NAMES) as (keyof ProfileChange)[]).filter(
      (field) => change[field] !== undefined && change[field] !== this.#state[field],
    );
    if (changed.length === 0) return [];
    const emailChanged = changed.includes('email');
    this.#write({ ...change, ...(emailChanged ? { emailVerified: false } : {}) }, now);
    const fields = changed.map((field) => FIELD_NAMES[field]);
    this.#record({
      type: emailChanged ? 'user.email_changed' : 'user.updated',
      data: { changed_fields: fields },
    });
    return fields;
  }

  /** Sets another password. Ending the other sessions is the use case's part. */
  changePassword(passwordHash: string, passwordForm: number, now: Date): void {
    this.#write({ passwordHash, passwordForm }, now);
    this.#record({ type: 'user.password_changed', data: {} });
  }

  /** Records the end of the account: a last version and its last event. The repository removes the row. */
  delete(now: Date): void {
    this.#write({}, now);
    this.#record({ type: 'user.deleted', data: {} });
  }

  /** Hands over the recorded events, once. */
  takeEvents(): readonly DomainEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #write(change: Partial<UserState>, now: Date): void {
    const { version, updatedAt } = this.#state;
    this.#state = {
      ...this.#state,
      ...change,
      version: version + 1,
      // Another instance's clock may run ahead of ours; a later version never looks older.
      updatedAt: now > updatedAt ? now : updatedAt,
    };
  }

  #record(event: WithoutUser<DomainEvent>): void {
    this.#events.push({
      ...event,
      userId: this.#state.id,
      userVersion: this.#state.version,
    } as DomainEvent);
  }
}

type WithoutUser<Event> = Event extends DomainEvent ? Omit<Event, 'userId' | 'userVersion'> : never;
