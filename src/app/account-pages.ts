import type { Config } from '../config/schema.ts';
import {
  ACCOUNT_PAGES,
  type AccountPageName,
} from '../interfaces/http/routes/account-pages/account-page.ts';
import type { AccountPageSettings } from '../interfaces/http/routes/account-pages/account-page-settings.ts';

/** Serves each built-in page unless the configuration names a page of the team's own in its place. */
export function accountPageSettings({
  server,
  links,
  mail,
  password,
}: Pick<Config, 'server' | 'links' | 'mail' | 'password'>): AccountPageSettings {
  const configured: Readonly<Record<AccountPageName, string>> = {
    verify: links.verifyEmailUrl,
    reset: links.resetPasswordUrl,
    change: links.changeEmailUrl,
    undo: links.undoEmailUrl,
    invitation: links.invitationUrl,
  };
  const names = Object.keys(ACCOUNT_PAGES) as AccountPageName[];
  return {
    builtIn: names.filter(
      (name) => configured[name] === `${server.publicUrl}/account/${ACCOUNT_PAGES[name]}`,
    ),
    productName: mail.productName,
    defaultLocale: mail.defaultLocale,
    passwordMinLength: password.minLength,
  };
}
