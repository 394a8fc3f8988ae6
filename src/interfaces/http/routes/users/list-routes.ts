import Type, { type Static } from 'typebox';
import { SEARCH_MAX_LENGTH, type UserSelection } from '../../../../application/users/list-users.ts';
import { invalidFields } from '../../../../domain/errors.ts';
import { closedObject, nullableString } from '../../../api/schemas/common.ts';
import {
  lowerCased,
  PUBLIC_PROFILES_LIMIT_BYTES,
  publicProfilesBody,
  publicProfilesSchema,
  toPublicProfilesText,
} from '../../../api/schemas/public-profiles.ts';
import { toUserResponse, userSchema } from '../../../api/schemas/users.ts';
import { type Route, route } from '../../route.ts';
import { readCursor, writeCursor } from './cursor.ts';

const tag = 'Users';
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

const listQuery = closedObject({
  email: Type.Optional(
    Type.String({
      description: 'The exact e-mail address of a user. Not allowed together with `q` or `cursor`.',
    }),
  ),
  q: Type.Optional(
    Type.String({
      description: `Text in the names or the e-mail address, by full Unicode case folding. One or two characters match the beginning of a word: 1–${SEARCH_MAX_LENGTH} characters.`,
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      description: 'The `next_cursor` of the previous page. Send the same `q` with it.',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      description: `Maximum number of users in the page. Default: ${DEFAULT_LIMIT}.`,
    }),
  ),
});

export const userListSchema = Type.Object({
  users: Type.Array(userSchema),
  next_cursor: nullableString({ description: 'Cursor of the next page; null on the last page.' }),
});

const listUsers = route({
  method: 'GET',
  path: '/v1/users',
  operationId: 'listUsers',
  tag,
  summary: 'List or search users',
  description:
    'Users are sorted by id, which is the order of registration. With `q`, a page looks at a bounded number of users: it may be short, also empty, while `next_cursor` is not null. Only a null `next_cursor` says that there are no more.',
  access: 'scope:users:read',
  query: listQuery,
  responses: { 200: { description: 'One page of users.', schema: userListSchema } },
  problems: ['overloaded'],
  handle: async ({ caller, query }, { useCases }) => {
    const { users, nextAfterId } = await useCases.users.list(caller, readSelection(query));
    return {
      status: 200,
      body: {
        users: users.map(toUserResponse),
        next_cursor: nextAfterId === null ? null : writeCursor(nextAfterId, query.q),
      },
    };
  },
});

function readSelection({ email, q, cursor, limit }: Static<typeof listQuery>): UserSelection {
  if (email !== undefined) {
    if (q !== undefined || cursor !== undefined) {
      throw invalidFields([
        {
          field: 'email',
          code: 'excludes_others',
          message: 'Cannot be combined with q or cursor.',
        },
      ]);
    }
    return { kind: 'email', email };
  }
  const page = {
    afterId: cursor === undefined ? null : readCursor(cursor, q),
    limit: limit ?? DEFAULT_LIMIT,
  };
  return q === undefined ? { kind: 'all', page } : { kind: 'search', text: q, page };
}

const getPublicProfiles = route({
  method: 'POST',
  path: '/v1/public-profiles',
  operationId: 'getPublicProfiles',
  tag,
  summary: 'Get public profiles',
  ignoresIdempotencyKey: 'reads only',
  access: 'user_or:users:read',
  body: {
    schema: publicProfilesBody,
    mediaTypes: ['application/json'],
    limitBytes: PUBLIC_PROFILES_LIMIT_BYTES,
  },
  responses: { 200: { description: 'The public profiles.', schema: publicProfilesSchema } },
  problems: [],
  handle: async ({ caller, body }, { useCases }) => {
    const found = await useCases.users.getPublicProfiles(caller, lowerCased(body.ids));
    return { status: 200, body: toPublicProfilesText(found) };
  },
});

export const userListRoutes: readonly Route[] = [listUsers, getPublicProfiles];
