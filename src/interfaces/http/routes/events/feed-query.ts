import Type, { type Static } from 'typebox';
import { type FeedPosition, parsePosition } from '../../../../application/outbox/feed-position.ts';
import type { FeedSelection } from '../../../../application/outbox/feed-use-cases.ts';
import { InvalidValue, validateFields } from '../../../../domain/errors.ts';
import { EVENT_TYPES } from '../../../../domain/events.ts';
import { InvalidRequest } from '../../../api/problems.ts';
import { closedObject, uuidInput } from '../../../api/schemas/common.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
const MAX_TYPES = 50;
const WAIT = /^([0-9]{1,6})(ms|s|)$/;
const LONGEST_WAIT_MS = 999_000;

export const feedQuery = closedObject({
  after: Type.Optional(
    Type.String({
      description:
        'Return events behind this position: a number, a position from a response, or `latest` for those to come. Default: all that are kept.',
    }),
  ),
  types: Type.Optional(
    Type.String({
      description:
        'Only events of these types, separated by commas, such as `user.created,user.deleted`; `user.*` for all of a group.',
    }),
  ),
  user: Type.Optional(uuidInput('Only events of the user with this id.')),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_LIMIT,
      description: `Maximum number of events in the page. Default: ${DEFAULT_LIMIT}.`,
    }),
  ),
  wait: Type.Optional(
    Type.String({
      description:
        'How long to wait for the first event, such as `25s` or `500ms`, up to `events.http.wait`. Default: not at all.',
    }),
  ),
});

export type FeedQuery = Static<typeof feedQuery>;

export interface FeedRequest extends FeedSelection {
  /** 0 for an answer at once. */
  readonly waitMs: number;
}

/** @throws DomainError `validation_failed` */
export function readFeedQuery(query: FeedQuery): FeedRequest {
  const { user, limit } = query;
  const { after, types, wait } = validateFields({
    after: () => readAfter(query.after),
    types: () => readTypes(query.types),
    wait: () => readWait(query.wait),
  });
  return {
    ...{ after, types, waitMs: wait },
    userId: user?.toLowerCase() ?? null,
    limit: limit ?? DEFAULT_LIMIT,
  };
}

function readAfter(text: string | undefined): FeedSelection['after'] {
  if (text === undefined) return 'oldest';
  return text === 'latest' ? text : parsePosition(text);
}

/**
 * Where an `EventSource` goes on that connects again: its header stands above the query of the first connection.
 * @throws InvalidRequest
 */
export function readLastEventId(header: string | undefined): FeedPosition | null {
  if (header === undefined || header === '') return null;
  try {
    return parsePosition(header);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    const { code, message } = error;
    throw new InvalidRequest([{ pointer: '/header/Last-Event-ID', code, message }]);
  }
}

/** @throws InvalidValue */
function readTypes(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  const names = text.split(',', MAX_TYPES + 1);
  const chosen = new Set<string>();
  for (const name of names) {
    const group = name.endsWith('.*') ? name.slice(0, -1) : null;
    const found = EVENT_TYPES.filter((type) =>
      group === null ? type === name : type.startsWith(group),
    );
    if (found.length === 0 || names.length > MAX_TYPES) throw unknownType();
    for (const type of found) chosen.add(type);
  }
  return [...chosen];
}

function unknownType(): InvalidValue {
  return new InvalidValue(
    'event_type_unknown',
    `Must be at most ${MAX_TYPES} types of events, such as user.created, or groups such as user.*, with commas between them.`,
  );
}

/** @throws InvalidValue */
export function readWait(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, digits, unit] = WAIT.exec(text) ?? [];
  const waitMs = digits === undefined ? Number.NaN : Number(digits) * (unit === 'ms' ? 1 : 1_000);
  if (!(waitMs <= LONGEST_WAIT_MS)) {
    throw new InvalidValue('wait_invalid', 'Must be a time such as 25s or 500ms, at most 999s.');
  }
  return waitMs;
}
