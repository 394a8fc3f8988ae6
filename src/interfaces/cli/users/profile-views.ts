import type { PROFILE_FIELDS, ProfileProperty } from '../../../domain/user/profile-fields.ts';

interface ProfileView<Name> {
  /** JSON name in requests and responses. */
  readonly name: Name;
  /** Flag of `users create`, and its line in the help text. */
  readonly flag: string;
  readonly help: string;
  /** Heading in a table of users; null for a field without a column. Fields with the same heading share a column. */
  readonly heading: string | null;
}

/** How the command line names each profile field. The order is that of flags and columns. */
const VIEWS = {
  firstName: {
    name: 'first_name',
    flag: '--first-name <name>',
    help: 'first name',
    heading: 'NAME',
  },
  lastName: { name: 'last_name', flag: '--last-name <name>', help: 'last name', heading: 'NAME' },
  email: { name: 'email', flag: '--email <address>', help: 'e-mail address', heading: 'E-MAIL' },
  phone: {
    name: 'phone',
    flag: '--phone <number>',
    help: 'telephone number with country code, such as +4930123456',
    heading: 'PHONE',
  },
  locale: {
    name: 'locale',
    flag: '--locale <tag>',
    help: 'language of mails as a BCP 47 tag, such as pt-BR',
    heading: null,
  },
} as const satisfies {
  readonly [K in ProfileProperty]: ProfileView<(typeof PROFILE_FIELDS)[K]['name']>;
};

export const PROFILE_VIEWS = Object.entries(VIEWS) as readonly (readonly [
  ProfileProperty,
  ProfileView<string>,
])[];

/** Values of the profile flags, by property; commander derives the property from the flag. */
export type ProfileFlags = { readonly [K in ProfileProperty]?: string };
