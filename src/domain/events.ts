import type { ProfileField } from './user/profile-fields.ts';

/** Why a session ended. */
export type SessionEndReason =
  | 'signed_out'
  | 'ended_by_user'
  | 'ended_by_admin'
  | 'password_changed'
  | 'refresh_token_reused'
  | 'user_deleted';

/** Why a sign-in was refused; never shown to the caller. */
export type AuthenticationFailure = 'unknown_email' | 'wrong_password' | 'user_disabled';

/**
 * What happened, as other services learn it. Events name what changed and never carry the values: whoever may see a
 * person's data asks the service, and nothing needs to be erased from a stream when a person leaves.
 *
 * Each write to a user's row gives exactly one `user.*` event with the row's new version: a consumer that saw
 * versions 1 to n saw everything.
 */
export type DomainEvent =
  | UserEvent<'user.created', { readonly status: string }>
  | UserEvent<'user.updated', { readonly changed_fields: readonly ProfileField[] }>
  | UserEvent<'user.email_changed', { readonly changed_fields: readonly ProfileField[] }>
  | UserEvent<'user.password_changed', Record<string, never>>
  | UserEvent<'user.deleted', Record<string, never>>
  | UserEvent<'session.started', { readonly session_id: string }>
  | UserEvent<'session.ended', { readonly session_id: string; readonly reason: SessionEndReason }>
  | AuthenticationFailedEvent;

interface UserEvent<Type extends string, Data> {
  readonly type: Type;
  readonly userId: string;
  readonly userVersion: number;
  readonly data: Data;
}

/** A refused sign-in; without a user where the e-mail is not known. */
interface AuthenticationFailedEvent {
  readonly type: 'authentication.failed';
  readonly userId: string | null;
  readonly userVersion: number | null;
  readonly data: {
    readonly reason: AuthenticationFailure;
    /** Failures since the last such event that got no event of their own, because of the rate cap. */
    readonly suppressed: number;
  };
}

/** An event that a transaction committed, as the outbox holds it. */
export interface RecordedEvent {
  readonly id: string;
  readonly event: DomainEvent;
  readonly time: Date;
  readonly requestId: string;
}
