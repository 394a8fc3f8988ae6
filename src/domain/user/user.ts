import type { DomainEvent } from '../events.ts';
import {
  PROFILE_FIELDS,
  PROFILE_PROPERTIES,
  type ProfileField,
  type ProfileValues,
} from './profile-fields.ts';

/** Whether a user may sign in. */
export type UserStatus = 'active' | 'disabled';

/** A user without the password, as readers and caches hold it. */
export interface UserProfile extends ProfileValues {
  readonly id: string;
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

/** The fields to change; a field that is left out stays as it is. */
export type ProfileChange = Partial<ProfileValues>;

export interface Registration extends ProfileValues {
  readonly id: string;
  readonly passwordHash: string;
  readonly passwordForm: number;
}

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
    const changed = PROFILE_PROPERTIES.filter(
      (property) => change[property] !== undefined && change[property] !== this.#state[property],
    );
    if (changed.length === 0) return [];
    const emailChanged = changed.includes('email');
    this.#write({ ...change, ...(emailChanged ? { emailVerified: false } : {}) }, now);
    const fields = changed.map((property) => PROFILE_FIELDS[property].name);
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
