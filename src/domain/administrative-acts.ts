import { InvalidValue } from './errors.ts';
import { assertCleanText, codePointLength } from './text.ts';

/** Stands for all users in the record of acts. */
export const ALL_USERS = '00000000-0000-0000-0000-000000000000';

/** What an operator or a service did to a user; a public word. */
export const ACTIONS = [
  'disable',
  'enable',
  'expire_password',
  'end_sessions',
  'revoke_all_sessions',
  'unlock',
  'send_password_reset',
  'update',
  'delete',
] as const;
export type Action = (typeof ACTIONS)[number];

/** `system` is the service itself: it enables a user whose disabling is over. */
export const ACTOR_KINDS = ['operator', 'service', 'system'] as const;

export interface Actor {
  readonly kind: (typeof ACTOR_KINDS)[number];
  /** The service account; null for the others. */
  readonly id: string | null;
}

/** What the person behind a request says about it. Neither is trusted: the credentials decide what is allowed. */
export interface ActNote {
  /** The person's name. */
  readonly operator: string | null;
  readonly reason: string | null;
}

export const NO_NOTE: ActNote = { operator: null, reason: null };

export interface NewAct extends ActNote {
  readonly action: Action;
  readonly userId: string;
  readonly actor: Actor;
}

/** An act as it is stored. */
export interface AdministrativeAct extends NewAct {
  readonly id: string;
  /** By the database's clock. */
  readonly at: Date;
  readonly requestId: string;
}

/** The record of administrative acts. It is append-only, and outlives the users. */
export interface AdministrativeActs {
  /** Inside a transaction, the act is recorded if and only if the change takes place. */
  record(act: NewAct): Promise<void>;
}

export interface ActReader {
  /** The newest first. */
  listOfUser(userId: string, limit: number): Promise<readonly AdministrativeAct[]>;
}

/** Longest reason, in code points. */
export const REASON_MAX_LENGTH = 500;
/** Longest name of an operator, in code points. */
export const OPERATOR_MAX_LENGTH = 100;

/**
 * Parses the reason of an act: one line of free text, kept exactly as given.
 * @throws InvalidValue
 */
export function parseReason(input: string): string {
  assertCleanText(input);
  const length = codePointLength(input);
  if (length < 1 || length > REASON_MAX_LENGTH) {
    throw new InvalidValue('reason_length', `Must have 1 to ${REASON_MAX_LENGTH} characters.`);
  }
  if (!/[\p{L}\p{N}]/u.test(input)) {
    throw new InvalidValue('reason_without_letter', 'Must contain a letter or a digit.');
  }
  return input;
}

/**
 * Parses the name of the person who acts.
 * @throws InvalidValue
 */
export function parseOperator(input: string): string {
  assertCleanText(input);
  const length = codePointLength(input);
  if (length < 1 || length > OPERATOR_MAX_LENGTH || !/[\p{L}\p{N}]/u.test(input)) {
    throw new InvalidValue(
      'operator_name',
      `Must have 1 to ${OPERATOR_MAX_LENGTH} printable characters, one of them a letter or a digit.`,
    );
  }
  return input;
}
