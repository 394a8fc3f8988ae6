import type { EmailAddress } from '../../src/domain/user/email-address.ts';
import type { Locale } from '../../src/domain/user/locale.ts';
import type { PersonName } from '../../src/domain/user/person-name.ts';
import type { PhoneNumber } from '../../src/domain/user/phone-number.ts';
import {
  PROFILE_FIELDS,
  PROFILE_PROPERTIES,
  type ProfileField,
  type ProfileValues,
} from '../../src/domain/user/profile-fields.ts';

/** A value of every profile field, as it is sent and stored: no field is null. */
export const FULL_PROFILE: ProfileValues = {
  firstName: 'Zoe\u0308' as PersonName,
  lastName: "O'Brien \\ % _ \u{20BB7}田" as PersonName,
  email: 'zoe.obrien@example.com' as EmailAddress,
  phone: '+442079460000' as PhoneNumber,
  locale: 'pt-BR' as Locale,
};

/** Ada's profile with the optional fields null, and with the given values. Nothing is parsed. */
export function profileWith(
  values: { readonly [K in keyof ProfileValues]?: string | null | undefined } = {},
): ProfileValues {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return {
    firstName: 'Ada' as PersonName,
    lastName: 'Okafor' as PersonName,
    email: 'ada@example.com' as EmailAddress,
    phone: null,
    locale: null,
    ...Object.fromEntries(given),
  };
}

/** The profile as JSON has it. */
export function profileJson(profile: ProfileValues): Record<ProfileField, string | null> {
  return Object.fromEntries(
    PROFILE_PROPERTIES.map((property) => [PROFILE_FIELDS[property].name, profile[property]]),
  ) as Record<ProfileField, string | null>;
}
