import Type, {
  type Static,
  type TOptional,
  type TSchema,
  type TString,
  type TUnsafe,
} from 'typebox';
import {
  type FullUpdateField,
  isRequiredInFullUpdate,
  type OptionalProfileField,
  PROFILE_FIELDS,
  PROFILE_PROPERTIES,
  type ProfileField,
  type ProfileInput,
  type ProfileProperty,
} from '../../../domain/user/profile-fields.ts';
import { USER_STATUSES, type UserProfile } from '../../../domain/user/user.ts';
import { nullableString, timeOutput, uuidOutput, wordOf } from './common.ts';

export const email = Type.String({
  format: 'email',
  description:
    'E-mail address: at most 254 bytes, ASCII before the @. It is stored in lower case, with the domain as A-labels and without a final dot. The operator chooses whether unusual forms are accepted (`registration.email_rules`).',
  examples: ['amelie@example.com'],
});

/** Each profile field as a request sends it and as a response shows it. The domain checks the rules of each field. */
const profileSchemas = {
  first_name: {
    input: Type.String({
      description: 'First name: 1–100 characters of any script, at least one letter.',
      examples: ['Amélie'],
    }),
    output: Type.String(),
  },
  last_name: {
    input: Type.String({
      description: 'Last name: 1–100 characters of any script, at least one letter.',
      examples: ["O'Neill"],
    }),
    output: Type.String(),
  },
  email: { input: email, output: Type.String({ format: 'email' }) },
  phone: {
    input: nullableString({
      description:
        'Telephone number in E.164 format, or null. The operator chooses whether it must exist in a numbering plan (`registration.phone_rules`).',
      examples: ['+33142685300'],
    }),
    output: nullableString({ description: 'Telephone number in E.164 format, or null.' }),
  },
  locale: {
    input: nullableString({
      description:
        'Language of mails to the user, as a BCP 47 tag of at most 35 characters, or null for the default of the service. It is stored in its canonical form.',
      examples: ['pt-BR'],
    }),
    output: nullableString({ description: 'Language of mails as a BCP 47 tag, or null.' }),
  },
} as const satisfies { readonly [N in ProfileField]: FieldSchemas<N> };

interface FieldSchemas<N extends ProfileField> {
  readonly input: FieldSchema<N>;
  readonly output: FieldSchema<N>;
}
type FieldSchema<N extends ProfileField> = N extends OptionalProfileField
  ? TUnsafe<string | null>
  : TString;
type Inputs = { [N in ProfileField]: (typeof profileSchemas)[N]['input'] };
type Outputs = { [N in ProfileField]: (typeof profileSchemas)[N]['output'] };

/** Properties of a full update. */
export const fullProfileInputs = schemasOf((name, property) =>
  isRequiredInFullUpdate(property)
    ? profileSchemas[name].input
    : Type.Optional(profileSchemas[name].input),
) as { [N in ProfileField]: N extends FullUpdateField ? Inputs[N] : TOptional<Inputs[N]> };

/** Properties of a body that may leave out the optional profile fields. */
export const newProfileInputs = schemasOf((name, property) =>
  PROFILE_FIELDS[property].optional
    ? Type.Optional(profileSchemas[name].input)
    : profileSchemas[name].input,
) as { [N in ProfileField]: N extends OptionalProfileField ? TOptional<Inputs[N]> : Inputs[N] };

/** Properties of a body that may leave out any profile field. */
export const changedProfileInputs = schemasOf((name) =>
  Type.Optional(profileSchemas[name].input),
) as { [N in ProfileField]: TOptional<Inputs[N]> };

export const userSchema = Type.Object({
  id: uuidOutput(),
  ...(schemasOf((name) => profileSchemas[name].output) as Outputs),
  email_verified: Type.Boolean(),
  status: wordOf(USER_STATUSES),
  version: Type.Integer({ description: 'Increases with every change; also the ETag.' }),
  created_at: timeOutput(),
  updated_at: timeOutput(),
});

export function toUserResponse(user: UserProfile): Static<typeof userSchema> {
  return {
    id: user.id,
    ...toProfileResponse(user),
    email_verified: user.emailVerified,
    status: user.status,
    version: user.version,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
}

/**
 * Reads what `toUserResponse` made, from parsed JSON. Values were checked before they were written, so only their types
 * are.
 * @returns undefined for anything else.
 */
export function readUserResponse(
  response: Readonly<Record<string, unknown>>,
): UserProfile | undefined {
  const profile: Record<string, unknown> = {};
  for (const [property, name] of PROFILE_NAMES) {
    const value = response[name];
    const isNull = value === null && PROFILE_FIELDS[property].optional;
    if (typeof value !== 'string' && !isNull) return undefined;
    profile[property] = value;
  }
  const { id, email_verified: emailVerified, status, version } = response;
  const [createdAt, updatedAt] = [readTime(response.created_at), readTime(response.updated_at)];
  if (typeof id !== 'string' || typeof emailVerified !== 'boolean') return undefined;
  if (typeof version !== 'number' || !USER_STATUSES.some((known) => known === status))
    return undefined;
  if (createdAt === undefined || updatedAt === undefined) return undefined;
  const values = { id, ...profile, emailVerified, status, version, createdAt, updatedAt };
  return values as unknown as UserProfile;
}

function readTime(text: unknown): Date | undefined {
  const time = new Date(typeof text === 'string' ? text : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

type ProfileBody = { readonly [N in ProfileField]?: string | null };

/** The profile fields of a body that must name the required ones; an optional one that is left out is null. */
export function toProfileInput(body: ProfileBody): ProfileInput {
  return Object.fromEntries(
    PROFILE_PROPERTIES.map((property) => [property, body[PROFILE_FIELDS[property].name] ?? null]),
  ) as unknown as ProfileInput;
}

/** The profile fields that a body has; fields that are left out stay out. */
export function toProfileChange(body: ProfileBody): Partial<ProfileInput> {
  return Object.fromEntries(
    PROFILE_PROPERTIES.flatMap((property) => {
      const value = body[PROFILE_FIELDS[property].name];
      return value === undefined ? [] : [[property, value]];
    }),
  );
}

/** Property and JSON name of each profile field. */
const PROFILE_NAMES = PROFILE_PROPERTIES.map(
  (property) => [property, PROFILE_FIELDS[property].name] as const,
);

/** Runs for every user that is read, where this loop costs a third of `Object.fromEntries`. */
function toProfileResponse(user: UserProfile): { [N in ProfileField]: Static<Outputs[N]> } {
  const response: Partial<Record<ProfileField, string | null>> = {};
  for (const [property, name] of PROFILE_NAMES) response[name] = user[property];
  return response as { [N in ProfileField]: Static<Outputs[N]> };
}

function schemasOf(
  schemaOf: (name: ProfileField, property: ProfileProperty) => TSchema,
): Record<ProfileField, TSchema> {
  return Object.fromEntries(
    PROFILE_PROPERTIES.map((property) => {
      const { name } = PROFILE_FIELDS[property];
      return [name, schemaOf(name, property)];
    }),
  ) as Record<ProfileField, TSchema>;
}
