import type {
  AccountLinks,
  ChallengeSettings,
  LinkDetails,
} from '../application/verification/challenge-settings.ts';
import type { Config } from '../config/schema.ts';
import { secretLink } from '../lib/secret-link.ts';

export function challengeSettings(config: Config): ChallengeSettings {
  return { ...config.challenges, ...config.emailChange };
}

/** The pages that the mails lead to. No part of a request is in a link. */
export function accountLinks({ links }: Config): AccountLinks {
  const linkTo =
    (page: string) =>
    (token: string, { challengeId, locale }: LinkDetails) =>
      secretLink(page, token, { c: challengeId, lang: locale });
  return {
    verify: linkTo(links.verifyEmailUrl),
    reset: linkTo(links.resetPasswordUrl),
    change: linkTo(links.changeEmailUrl),
    undo: linkTo(links.undoEmailUrl),
    resetPage: links.resetPasswordUrl,
  };
}
