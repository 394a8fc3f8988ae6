import type { Caller } from '../../../../application/access/caller.ts';
import type { PolicyName } from '../../../../application/limits/policies.ts';
import type { UseCases } from '../../../../application/use-cases.ts';
import type { Invitation } from '../../../../domain/invitation/invitation.ts';
import type { Html } from './html.ts';
import type { PageFrame } from './page.ts';
import type { FormState } from './page-form.ts';

/** The built-in pages, and the last part of the path of each. */
export const ACCOUNT_PAGES = {
  verify: 'verify-email',
  reset: 'reset-password',
  change: 'confirm-email-change',
  undo: 'undo-email-change',
  invitation: 'invitation',
} as const;

export type AccountPageName = keyof typeof ACCOUNT_PAGES;

/** One request for a page: its language, what was sent, and what was wrong with it. */
export interface PageContext extends PageFrame, FormState {
  /** Set once the token of an invitation was looked up. */
  invitation?: Invitation;
}

export interface AccountPage {
  readonly name: AccountPageName;
  /** The policies that an act of the page may count against. */
  readonly policies: readonly PolicyName[];
  /** The forms before the act, also after an act that was refused. */
  show(context: PageContext): Html;
  /**
   * Performs the act. @returns the whole page after it
   * @throws DomainError, which the forms show
   */
  submit(context: PageContext, caller: Caller, useCases: UseCases): Promise<string>;
}

/** A token of a link; the use cases check it. */
const TOKEN_IN_LINK = /(?:^|#t=)([A-Za-z0-9_-]{1,200})$/;

/** The token that the script or the person entered: a token, or the whole link with it. */
export function readToken({ values }: Pick<FormState, 'values'>): string | undefined {
  return values.t ?? TOKEN_IN_LINK.exec(values.link?.trim() ?? '')?.[1];
}
