import { isMailKind, type MailBody, type MailKind, type MailRenderer } from '../../domain/mail.ts';
import {
  BUILT_IN_LOCALES,
  type BuiltInLocale,
  builtInTemplate,
  languageOf,
} from './built-in-templates.ts';
import { MAIL_PARTS, type MailTemplate, renderPart } from './mail-template.ts';
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

/** A renderer that says which templates it uses. */
export interface TemplateRenderer extends MailRenderer {
  /** The locale of the templates that a mail is written with. */
  localeOf(body: MailBody): string;
  /** The locales in which a kind has templates. */
  localesOf(kind: MailKind): readonly string[];
}

/** Renders mails from the team's own templates and the built-in ones. */
export function createMailRenderer(settings: MailRendererSettings): TemplateRenderer {
  const { overrides, defaultLocale } = settings;

  function localeOf(body: MailBody): string {
    const own = ownTemplates(body);
    return resolveLocale(
      [body.locale, defaultLocale, LAST_RESORT],
      (tag) => own?.has(tag) === true || isBuiltIn(tag),
    );
  }

  /** The team's templates for a mail. Those that cannot do without a code are not for a mail whose code has expired. */
  function ownTemplates({ kind, data }: MailBody): ReadonlyMap<string, MailTemplate> | undefined {
    const own = overrides?.get(kind);
    if (own === undefined || !('code' in data) || data.code !== '') return own;
    return new Map([...own].filter(([, template]) => canHideCode(template)));
  }

  return {
    localeOf,
    localesOf: (kind) => [
      ...new Set<string>([...BUILT_IN_LOCALES, ...(overrides?.get(kind)?.keys() ?? [])]),
    ],
    async render(body) {
      if (!isMailKind(body.kind)) throw new Error('this build does not know this kind of mail');
      const locale = localeOf(body);
      const own = ownTemplates(body)?.get(locale);
      const template = own ?? builtInTemplate(body.kind, locale as BuiltInLocale);
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

/** Whether each part that shows a code has a section for it. */
function canHideCode(template: MailTemplate): boolean {
  return MAIL_PARTS.every(
    (part) =>
      !/\{\{\s*code\s*\}\}/.test(template[part]) || /\{\{#\s*code\s*\}\}/.test(template[part]),
  );
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
