import { isMailKind, type MailKind, type MailRenderer } from '../../domain/mail.ts';
import {
  BUILT_IN_LOCALES,
  type BuiltInLocale,
  builtInTemplate,
  languageOf,
} from './built-in-templates.ts';
import { type MailTemplate, renderPart } from './mail-template.ts';
import { type MailProduct, mailValues } from './mail-values.ts';

export interface MailRendererSettings extends MailProduct {
  /** BCP 47 tag for users without a locale. */
  readonly defaultLocale: string;
  /** The team's own templates, by kind and locale. */
  readonly overrides?: MailOverrides | undefined;
}

export type MailOverrides = ReadonlyMap<MailKind, ReadonlyMap<string, MailTemplate>>;

/** The language of mails when no other one fits. */
const LAST_RESORT = 'en';

/** Renders mails from the team's own templates and the built-in ones. */
export function createMailRenderer(settings: MailRendererSettings): MailRenderer {
  return {
    async render(body) {
      if (!isMailKind(body.kind)) throw new Error('this build does not know this kind of mail');
      const own = settings.overrides?.get(body.kind);
      const locale = resolveLocale(
        [body.locale, settings.defaultLocale, LAST_RESORT],
        (tag) => own?.has(tag) === true || isBuiltIn(tag),
      );
      const template = own?.get(locale) ?? builtInTemplate(body.kind, locale as BuiltInLocale);
      const dates = isBuiltIn(locale) ? languageOf(locale).dates : locale;
      const values = mailValues(body, settings, dates);
      return {
        subject: renderPart('subject.txt', template['subject.txt'], values).trim(),
        text: renderPart('txt', template.txt, values),
        html: renderPart('html', template.html, values),
      };
    },
  };
}

function isBuiltIn(tag: string): tag is BuiltInLocale {
  return BUILT_IN_LOCALES.some((locale) => locale === tag);
}

/**
 * The first wanted tag that exists, or its longest prefix that does: `pt-BR`, `pt`, then the next wanted tag (RFC 4647
 * §3.4, lookup).
 */
function resolveLocale(
  wanted: readonly (string | null)[],
  exists: (tag: string) => boolean,
): string {
  for (const tag of wanted) {
    const parts = tag?.split('-') ?? [];
    for (let length = parts.length; length > 0; length -= 1) {
      const prefix = parts.slice(0, length).join('-');
      if (exists(prefix)) return prefix;
    }
  }
  return LAST_RESORT;
}
