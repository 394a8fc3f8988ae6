import { InvalidValue } from '../errors.ts';

declare const localeBrand: unique symbol;
/** A BCP 47 language tag in canonical form, such as `pt-BR`. */
export type Locale = string & { readonly [localeBrand]: true };

/** What RFC 5646 §4.4.1 advises to allow for. */
const MAX_LENGTH = 35;

/**
 * Parses a language tag and gives its canonical form (RFC 5646 §4.5): `PT-br` is `pt-BR`. Every well-formed tag is
 * accepted; mails use the nearest language that has templates.
 * @throws InvalidValue
 */
export function parseLocale(input: string): Locale {
  const locale = input.length > MAX_LENGTH ? undefined : canonicalForm(input);
  if (locale === undefined || locale.length > MAX_LENGTH) {
    throw new InvalidValue(
      'locale_invalid',
      'Must be a BCP 47 language tag of at most 35 characters, such as de or pt-BR.',
    );
  }
  return locale as Locale;
}

function canonicalForm(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
