import type { Factor } from './lockout/factor.ts';
import type { FieldValues, ProfileField } from './user/profile-fields.ts';

export type SessionEndReason =
  | 'signed_out'
  | 'ended_by_user'
  | 'ended_by_admin'
  | 'password_changed'
  | 'reauthenticated'
  | 'refresh_token_reused'
  | 'user_deleted'
  | 'user_disabled'
  | 'session_limit';

/** Why a sign-in was refused. The caller never learns it, except that the right password has expired. */
export type AuthenticationFailure =
  | 'unknown_email'
  | 'wrong_password'
  | 'user_disabled'
  /** The right password of an account that must prove its address first. */
  | 'email_unverified'
  | 'password_expired';

/**
 * What happened, for other services. An event names the changed fields. It carries their values only where an operator
 * named the fields (`events.include`): otherwise a service that may read personal data requests it, and no stream has to
 * be cleaned when a person is deleted.
 *
 * Each write to a user's row has exactly one `user.*` event with the row's new version, so a consumer that has versions
 * 1 to n has every change.
 */
export type DomainEvent =
  | UserEvent<'user.created', { readonly status: string } & WithValues>
  | UserEvent<'user.updated', ChangedFields & WithValues>
  | UserEvent<'user.email_changed', ChangedFields & WithValues>
  | UserEvent<'user.password_expired', Record<string, never>>
  | UserEvent<'user.disabled', { readonly until: string | null }>
  | UserEvent<'user.enabled', Record<string, never>>
  | UserEvent<'user.email_verified', { readonly password_removed?: true }>
  | UserEvent<'user.password_changed', { readonly email_verified?: true }>
  | UserEvent<'user.restored', { readonly status: string } & WithValues>
  | UserEvent<'user.deleted', Record<string, never>>
  | UserEvent<'session.started', { readonly session_id: string }>
  | UserEvent<'session.ended', { readonly session_id: string; readonly reason: SessionEndReason }>
  | UserEvent<'token.reuse_detected', { readonly session_id: string }>
  | UserEvent<'account.locked', { readonly factor: Factor }>
  | AuthenticationFailedEvent;

interface ChangedFields {
  readonly changed_fields: readonly ProfileField[];
}

interface WithValues {
  /** The included fields of a new user, or those among the changed ones, with their values after the change. */
  readonly values?: FieldValues;
}

/** An event as a use case appends it. Values that stand beside the data never leave the process. */
export type NewEvent = DomainEvent & {
  /** What the change wrote. The outbox moves the included ones into the data and drops the others. */
  readonly values?: FieldValues;
};

/** Does not compile while a type is missing. */
const EVENT_TYPE_NAMES: Readonly<Record<DomainEvent['type'], true>> = {
  'user.created': true,
  'user.updated': true,
  'user.email_changed': true,
  'user.email_verified': true,
  'user.password_changed': true,
  'user.password_expired': true,
  'user.disabled': true,
  'user.enabled': true,
  'user.restored': true,
  'user.deleted': true,
  'session.started': true,
  'session.ended': true,
  'token.reuse_detected': true,
  'account.locked': true,
  'authentication.failed': true,
};

/** Every type of event. */
export const EVENT_TYPES: readonly string[] = Object.keys(EVENT_TYPE_NAMES);

interface UserEvent<Type extends string, Data> {
  readonly type: Type;
  readonly userId: string;
  readonly userVersion: number;
  readonly data: Data;
}

/** A refused sign-in. `userId` is null when no account has the e-mail address. */
interface AuthenticationFailedEvent {
  readonly type: 'authentication.failed';
  readonly userId: string | null;
  readonly userVersion: number | null;
  readonly data: {
    readonly reason: AuthenticationFailure;
    /** Failures since the last such event that have no event, because of the rate cap. */
    readonly suppressed: number;
  };
}

/** An event as the outbox stores it. */
export interface RecordedEvent {
  readonly id: string;
  readonly event: DomainEvent;
  readonly time: Date;
  readonly requestId: string;
  /** Its number in the feed; absent before it has one. */
  readonly sequence?: number;
}
