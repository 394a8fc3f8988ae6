import Mustache from 'mustache';
import type { MailKind } from '../../domain/mail.ts';

/** The parts of a mail, by the endings of their files. */
export const MAIL_PARTS = ['subject.txt', 'html', 'txt'] as const;

export type MailPart = (typeof MAIL_PARTS)[number];

/** The templates of one kind in one language, in the syntax of Mustache. */
export type MailTemplate = Readonly<Record<MailPart, string>>;

/** Values by placeholder. An absent or empty value hides its section. */
export type MailValues = Readonly<Record<string, string>>;

const COMMON = ['product_name', 'support_contact', 'support_url', 'first_name'];
const CHALLENGE = ['code', 'url', 'expires_in', 'expires_in_minutes'];

/** The placeholders of each kind beside those that every kind has. */
const PLACEHOLDERS: Readonly<Record<MailKind, readonly string[]>> = {
  verify_email: CHALLENGE,
  reset_password: CHALLENGE,
  change_email: CHALLENGE,
  email_changed: ['changed_at'],
  email_changed_former: ['changed_at', 'undo_url'],
  password_changed: ['changed_at'],
  invitation: ['url', 'expires_at'],
  address_in_use: ['reset_url'],
  account_locked: ['reset_url'],
};

/** Without one of them in its text and its HTML, a mail of the kind has no use. */
const NEEDED: Partial<Readonly<Record<MailKind, readonly string[]>>> = {
  verify_email: ['code', 'url'],
  reset_password: ['code', 'url'],
  change_email: ['code', 'url'],
  email_changed_former: ['undo_url'],
  invitation: ['url'],
};

/** In characters; mail programs cut off mails above 100 KB. */
export const TEMPLATE_MAX_LENGTH = 100_000;
/** With the length of a value it bounds the length of a mail. */
const MAX_TAGS = 500;
const SUBJECT_MAX_LENGTH = 200;

/**
 * The placeholders that a part may use. A subject shows no text that a user wrote: it would be read as the service's
 * own words.
 */
function placeholdersOf(kind: MailKind, part: MailPart): readonly string[] {
  const all = [...COMMON, ...PLACEHOLDERS[kind]];
  return part === 'subject.txt' ? all.filter((name) => name !== 'first_name') : all;
}

/**
 * Checks a part of a template: only variables, sections, inverted sections and comments, and only placeholders that the
 * kind has. @returns what is wrong, each as a sentence; empty for a usable part.
 */
export function findTemplateFaults(kind: MailKind, part: MailPart, text: string): string[] {
  if (text.length > TEMPLATE_MAX_LENGTH) {
    return [`It has more than ${TEMPLATE_MAX_LENGTH.toLocaleString('en')} characters.`];
  }
  if (text.trim() === '') return ['It is empty.'];
  let tokens: Token[];
  try {
    tokens = new Mustache.Writer().parse(text) as Token[];
  } catch (error) {
    return [`${(error as Error).message.replaceAll(/\s+/g, ' ')}.`];
  }
  const tags = tagsOf(tokens);
  if (tags.length > MAX_TAGS) return [`It has more than ${MAX_TAGS} placeholders.`];
  const allowed = placeholdersOf(kind, part);
  const faults = new Set<string>();
  for (const [type, name] of tags) {
    const wrong = faultOfTag(type, name, allowed);
    if (wrong !== undefined) faults.add(wrong);
  }
  const shown = new Set(
    tags.filter(([type]) => type === 'name' || type === '&').map(([, name]) => name),
  );
  const needed = NEEDED[kind] ?? [];
  if (part === 'subject.txt') {
    if (/[\r\n]/.test(text.trim())) faults.add('A subject is one line.');
    if (text.trim().length > SUBJECT_MAX_LENGTH) {
      faults.add(`A subject has at most ${SUBJECT_MAX_LENGTH} characters.`);
    }
  } else if (needed.length > 0 && !needed.some((name) => shown.has(name))) {
    faults.add(`It does not show ${needed.map((name) => `{{${name}}}`).join(' or ')}.`);
  }
  return [...faults];
}

/** A token of Mustache: type, value, start, end, and the tokens inside a section. */
type Token = readonly [string, string, number, number, Token[]?, ...unknown[]];

function tagsOf(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token) =>
    token[0] === 'text' ? [] : [token, ...(Array.isArray(token[4]) ? tagsOf(token[4]) : [])],
  );
}

function faultOfTag(type: string, name: string, allowed: readonly string[]): string | undefined {
  switch (type) {
    case 'name':
    case '#':
    case '^':
      return allowed.includes(name)
        ? undefined
        : `{{${name}}} is unknown here. Known: ${allowed.join(', ')}.`;
    case '!':
      return undefined;
    case '&':
      return `{{{${name}}}} and {{& ${name}}} are not supported: every value is escaped. Write {{${name}}}.`;
    case '>':
      return `{{> ${name}}} is not supported: a template is one file.`;
    default:
      return `{{${type}${name}}} is not supported.`;
  }
}

const writer = new Mustache.Writer();

/** Renders one part. Values are escaped for the part and never parsed again. */
export function renderPart(part: MailPart, template: string, values: MailValues): string {
  return writer.render(template, values, undefined, { escape: ESCAPES[part] });
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => HTML_ENTITIES[character] ?? '');
}

/** Control characters, line separators, and the characters that change the direction of the text after them. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

function plain(value: string): string {
  return value.replaceAll(UNSAFE, ' ');
}

const ESCAPES: Readonly<Record<MailPart, (value: string) => string>> = {
  'subject.txt': plain,
  html: (value) => escapeHtml(plain(value)),
  txt: plain,
};
