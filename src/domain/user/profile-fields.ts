import { parseEmailAddress } from './email-address.ts';
import { parseLocale } from './locale.ts';
import { parsePersonName } from './person-name.ts';
import { parsePhoneNumber } from './phone-number.ts';
import type { ProfileRules } from './profile-rules.ts';

/** One field that a person has in a profile. */
interface ProfileFieldDefinition {
  /** Name in JSON, SQL and events: the property's name in snake_case. */
  readonly name: string;
  /** Reads the value as it is sent. @throws InvalidValue */
  readonly parse: (input: string, rules: ProfileRules) => unknown;
  /** An optional field can be left out of a registration and can be `null`. */
  readonly optional: boolean;
  /**
   * Whether a full update (PUT) must name an optional field. A field that is added later leaves this out, since released
   * clients do not send it; its value then stays as it is.
   */
  readonly requiredInFullUpdate?: true;
  /** Logs never show a field unless it says here that it is not personal. */
  readonly personal?: false;
}

/**
 * The profile fields, by property name. Registration, update, events, log redaction, cache, HTTP, NATS and the command
 * line read this table.
 */
export const PROFILE_FIELDS = {
  firstName: { name: 'first_name', parse: parsePersonName, optional: false },
  lastName: { name: 'last_name', parse: parsePersonName, optional: false },
  email: {
    name: 'email',
    parse: (input: string, rules: ProfileRules) => parseEmailAddress(input, rules.email),
    optional: false,
  },
  phone: {
    name: 'phone',
    parse: (input: string, rules: ProfileRules) => parsePhoneNumber(input, rules.phone),
    optional: true,
    requiredInFullUpdate: true,
  },
  locale: { name: 'locale', parse: parseLocale, optional: true },
} as const satisfies Readonly<Record<string, ProfileFieldDefinition>>;

type ProfileFields = typeof PROFILE_FIELDS;

/** Property name of a profile field, such as `firstName`. */
export type ProfileProperty = keyof ProfileFields;

/** JSON name of a profile field, such as `first_name`. */
export type ProfileField = ProfileFields[ProfileProperty]['name'];

/** JSON names of the optional fields. */
export type OptionalProfileField = Extract<
  ProfileFields[ProfileProperty],
  { readonly optional: true }
>['name'];

/** JSON names of the fields that a full update must name. */
export type FullUpdateField = Extract<
  ProfileFields[ProfileProperty],
  { readonly optional: false } | { readonly requiredInFullUpdate: true }
>['name'];

type NullIfOptional<K extends ProfileProperty> = ProfileFields[K]['optional'] extends true
  ? null
  : never;

/** Parsed values of all profile fields. */
export type ProfileValues = {
  readonly [K in ProfileProperty]: ReturnType<ProfileFields[K]['parse']> | NullIfOptional<K>;
};

/** All profile fields as they are sent. */
export type ProfileInput = {
  readonly [K in ProfileProperty]: string | NullIfOptional<K>;
};

/** Values of some fields by JSON name; null for an empty field. */
export type FieldValues = { readonly [K in ProfileField]?: string | null };

type ProfileParsers = { readonly [K in ProfileProperty]: () => ProfileValues[K] };

/** Property names in the order of the table. */
export const PROFILE_PROPERTIES = Object.keys(PROFILE_FIELDS) as readonly ProfileProperty[];

export function isRequiredInFullUpdate(property: ProfileProperty): boolean {
  const field: ProfileFieldDefinition = PROFILE_FIELDS[property];
  return !field.optional || field.requiredInFullUpdate === true;
}

/** JSON names in the order of the table. */
export const PROFILE_FIELD_NAMES: readonly ProfileField[] = PROFILE_PROPERTIES.map(
  (property) => PROFILE_FIELDS[property].name,
);

/** JSON names of the fields that logs never show. */
export const PERSONAL_FIELDS: readonly ProfileField[] = PROFILE_PROPERTIES.filter(
  (property) => (PROFILE_FIELDS[property] as ProfileFieldDefinition).personal !== false,
).map((property) => PROFILE_FIELDS[property].name);

/** The profile part of an object that has more, such as a user or a row of the table. */
export function pickProfile<T extends { readonly [K in ProfileProperty]: unknown }>(
  source: T,
): Pick<T, ProfileProperty> {
  return Object.fromEntries(
    PROFILE_PROPERTIES.map((property) => [property, source[property]]),
  ) as Pick<T, ProfileProperty>;
}

/** Parsers for `validateFields`, one for each field of the input; fields that are left out have none. */
export function profileParsers(input: ProfileInput, rules: ProfileRules): ProfileParsers;
export function profileParsers(
  input: Partial<ProfileInput>,
  rules: ProfileRules,
): Partial<ProfileParsers>;
export function profileParsers(
  input: Partial<ProfileInput>,
  rules: ProfileRules,
): Partial<ProfileParsers> {
  const parsers: [ProfileProperty, () => unknown][] = [];
  for (const property of PROFILE_PROPERTIES) {
    const value = input[property];
    if (value === undefined) continue;
    const { parse } = PROFILE_FIELDS[property];
    parsers.push([property, () => (value === null ? null : parse(value, rules))]);
  }
  return Object.fromEntries(parsers) as Partial<ProfileParsers>;
}
