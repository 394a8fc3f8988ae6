import { readFileSync } from 'node:fs';
import Mustache from 'mustache';
import type { MailKind } from '../../domain/mail.ts';
import { escapeHtml, type MailTemplate } from './mail-template.ts';

/** Languages of the built-in templates. */
export const BUILT_IN_LOCALES = ['en', 'de', 'fr', 'es', 'ar'] as const;

export type BuiltInLocale = (typeof BUILT_IN_LOCALES)[number];

/** The texts of one language. They hold placeholders of the mail templates. */
interface Language {
  readonly direction: 'ltr' | 'rtl';
  /** BCP 47 tag for dates and durations. */
  readonly dates: string;
  readonly hello: string;
  readonly helloUnnamed: string;
  readonly codeLabel: string;
  readonly copyLink: string;
  readonly support: string;
  readonly automatic: string;
  readonly kinds: Readonly<Record<MailKind, KindTexts>>;
}

interface KindTexts {
  readonly subject: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly action?: { readonly before: string; readonly label: string };
  readonly notes: readonly string[];
  /** For a mail that is sent after its code has expired. Only kinds whose link lives longer than their code have it. */
  readonly withoutCode?: { readonly subject: string; readonly paragraph: string };
}

/** The placeholder behind the button of each kind that has one. */
const ACTION_URLS: Partial<Readonly<Record<MailKind, string>>> = {
  verify_email: 'url',
  reset_password: 'url',
  change_email: 'url',
  email_changed_former: 'undo_url',
  invitation: 'url',
  address_in_use: 'reset_url',
  account_locked: 'reset_url',
};
const KINDS_WITH_CODE: ReadonlySet<MailKind> = new Set([
  'verify_email',
  'reset_password',
  'change_email',
]);
const OPTIONAL_URLS: ReadonlySet<string> = new Set(['undo_url']);

const folder = new URL('./templates/', import.meta.url);
const languages = new Map<BuiltInLocale, Language>();
const layouts = new Map<'html' | 'txt', string>();

/** The texts of a language, read from disk at their first use. */
export function languageOf(locale: BuiltInLocale): Language {
  return remember(languages, locale, () => JSON.parse(read(`${locale}.json`)) as Language);
}

/**
 * Puts the texts of a language into the layouts. The result has the form of a team's own template, so it can be the
 * beginning of one.
 */
export function builtInTemplate(kind: MailKind, locale: BuiltInLocale): MailTemplate {
  const { kinds, ...common } = languageOf(locale);
  const { action, withoutCode, ...texts } = kinds[kind];
  const url = ACTION_URLS[kind] ?? '';
  const view = {
    ...common,
    ...texts,
    withoutCode,
    language: locale,
    showsCode: KINDS_WITH_CODE.has(kind),
    action: action && { ...action, url, optional: OPTIONAL_URLS.has(url) },
  };
  const fill = (part: 'html' | 'txt', escapeText: (text: string) => string) =>
    Mustache.render(layoutOf(part), view, undefined, { tags: ['<%', '%>'], escape: escapeText });
  return {
    'subject.txt':
      withoutCode === undefined
        ? texts.subject
        : `{{#code}}${texts.subject}{{/code}}{{^code}}${withoutCode.subject}{{/code}}`,
    html: fill('html', escapeHtml),
    txt: fill('txt', String),
  };
}

function layoutOf(part: 'html' | 'txt'): string {
  return remember(layouts, part, () => read(`layout.${part}.mustache`));
}

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
