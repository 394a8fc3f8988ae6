import type { AccountPageName } from './account-page.ts';

/** What the configuration says about the built-in pages. */
export interface AccountPageSettings {
  /** The pages that no page of the team's own replaces. */
  readonly builtIn: readonly AccountPageName[];
  readonly productName: string;
  /** BCP 47 tag for browsers whose languages no page has. */
  readonly defaultLocale: string;
  readonly passwordMinLength: number;
}
