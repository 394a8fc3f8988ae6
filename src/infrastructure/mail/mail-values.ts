import type { MailBody } from '../../domain/mail.ts';
import type { MailValues } from './mail-template.ts';

/** What the operator says about the product. */
export interface MailProduct {
  readonly productName: string;
  /** An e-mail address or a URL. */
  readonly supportContact?: string | undefined;
}

/** Longer values are refused: a link is far shorter. */
const VALUE_MAX_LENGTH = 2_048;
/** Letters, marks, spaces, hyphens and apostrophes; short, so that a name cannot hold a message of its own. */
const PLAIN_NAME = /^[\p{L}\p{M} '\u2019-]{1,40}$/u;

/**
 * The values that the template of a mail shows. A first name that could carry a link or an advertisement is left out:
 * the owner of an account chooses the name and, until it is verified, any address.
 * @param dates BCP 47 tag for dates and durations
 * @throws Error for a value that is too long, or a link without `http:` or `https:`. It repeats no value.
 */
export function mailValues(body: MailBody, product: MailProduct, dates: string): MailValues {
  const { productName, supportContact = '' } = product;
  const values: Record<string, string> = {
    product_name: productName,
    support_contact: supportContact,
    support_url: supportContact.includes('://') ? supportContact : `mailto:${supportContact}`,
    first_name: PLAIN_NAME.test(body.firstName ?? '') ? (body.firstName ?? '') : '',
  };
  for (const [name, value] of Object.entries(body.data) as [string, unknown][]) {
    values[name] = value instanceof Date ? timeText(value, dates) : String(value ?? '');
    if (name === 'expires_in_minutes') values.expires_in = durationText(Number(value), dates);
  }
  for (const [name, value] of Object.entries(values)) {
    if (value.length > VALUE_MAX_LENGTH) throw new Error(`the value ${name} of a mail is too long`);
    const isLink = name !== 'support_url' && name.endsWith('url') && value !== '';
    if (isLink && !/^https?:\/\/\S+$/.test(value)) {
      throw new Error(`the value ${name} of a mail is not a link`);
    }
  }
  return values;
}

/** Such as `25 November 2026, 16:10 UTC`. */
function timeText(time: Date, dates: string): string {
  const locale = `${dates}-u-nu-latn`;
  const date = time.toLocaleDateString(locale, { dateStyle: 'long', timeZone: 'UTC' });
  return `${date}, ${time.toISOString().slice(11, 16)} UTC`;
}

/** Such as `10 minutes`, `24 hours` or `3 days`. */
function durationText(minutes: number, dates: string): string {
  const [value, unit] =
    minutes < 120
      ? [minutes, 'minute']
      : minutes < 2_880
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1_440), 'day'];
  const style = { style: 'unit', unitDisplay: 'long', numberingSystem: 'latn' } as const;
  return new Intl.NumberFormat(dates, { ...style, unit }).format(value);
}
