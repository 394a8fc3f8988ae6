import { readFile } from 'node:fs/promises';

/** Languages of the built-in pages; the same as those of the built-in mails. */
export const PAGE_LOCALES = ['en', 'de', 'fr', 'es', 'ar'] as const;

export type PageLocale = (typeof PAGE_LOCALES)[number];

interface ActionTexts {
  readonly title: string;
  readonly lead: string;
  readonly button: string;
  readonly doneTitle: string;
  readonly done: string;
}

/** The texts of one language. `{min}` stands for the shortest length of a password. */
export interface PageTexts {
  readonly direction: 'ltr' | 'rtl';
  readonly linkLabel: string;
  readonly linkHint: string;
  readonly codeLabel: string;
  readonly codeHint: string;
  readonly passwordLabel: string;
  readonly passwordHint: string;
  readonly firstNameLabel: string;
  readonly lastNameLabel: string;
  readonly emailLabel: string;
  /** By problem or field code; `password`, `name` and `email` for codes of these fields without a text. */
  readonly errors: Readonly<Record<string, string>>;
  readonly verify: ActionTexts;
  readonly reset: ActionTexts & {
    readonly startLead: string;
    readonly startButton: string;
    readonly haveLink: string;
    readonly sent: string;
  };
  readonly change: ActionTexts;
  readonly undo: ActionTexts;
  readonly invitation: ActionTexts & {
    readonly createLead: string;
    readonly createButton: string;
  };
}

/** More languages than any browser sends; later ones are not looked at. */
const MAX_ACCEPTED = 20;
/** A language of `Accept-Language` with its weight (RFC 9110 §12.5.4). */
const ACCEPTED = /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

const loaded = new Map<PageLocale, Promise<PageTexts>>();

/** Reads the texts of a language at their first use. */
export function textsOf(locale: PageLocale): Promise<PageTexts> {
  const known = loaded.get(locale);
  if (known !== undefined) return known;
  const texts = readFile(new URL(`./texts/${locale}.json`, import.meta.url), 'utf8').then(
    (json) => JSON.parse(json) as PageTexts,
  );
  loaded.set(locale, texts);
  // Too many open files, for instance: the next request reads again.
  texts.catch(() => loaded.delete(locale));
  return texts;
}

/**
 * The language of a page: of the link, else the first one that the browser accepts, else the default of the mails, else
 * English. A longer tag stands for its prefix, `pt-BR` for `pt`.
 */
export function choosePageLocale(
  linkLocale: string | undefined,
  acceptLanguage: string | undefined,
  defaultLocale: string,
): PageLocale {
  const wanted = [linkLocale ?? '', ...acceptedLocales(acceptLanguage ?? ''), defaultLocale];
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split('-', 1);
    const found = PAGE_LOCALES.find((locale) => locale === language);
    if (found !== undefined) return found;
  }
  return 'en';
}

function acceptedLocales(header: string): readonly string[] {
  return header
    .split(',', MAX_ACCEPTED)
    .flatMap((part) => {
      const [, tag, weight = '1'] = ACCEPTED.exec(part.replace(/[ \t]/g, '')) ?? [];
      return tag === undefined || Number(weight) === 0 ? [] : [{ tag, weight: Number(weight) }];
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
