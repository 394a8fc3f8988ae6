import { withDefault } from './definition.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { duration, integer, text } from './kinds.ts';
import { profileFieldList } from './list-kinds.ts';

/** What events carry, and how they are read over HTTP. */
export const eventKeys = {
  'events.include': withDefault(
    profileFieldList(),
    [],
    'Profile fields whose values `user.*` events carry; they stay in the outbox and the stream as long as these',
  ),
  'events.http.max_connections': withDefault(
    integer(1, 10_000),
    100,
    'Largest number of callers that wait for events at the same time; further ones get 503',
  ),
  'events.http.page': withDefault(integer(1, 1_000), 1_000, 'Largest number of events in a page'),
  'events.http.wait': withDefault(
    duration(SECOND_MS, 5 * MINUTE_MS),
    25 * SECOND_MS,
    'Longest wait for the first event of a page; a longer `wait` is cut to it',
  ),
  'events.http.max_duration': withDefault(
    duration(SECOND_MS, 24 * HOUR_MS),
    15 * MINUTE_MS,
    'Life of a stream of server-sent events, up to a tenth shorter or longer at random; clients reconnect',
  ),
} as const;

/** How other services learn of revoked tokens. */
export const revocationKeys = {
  'revocations.stream': withDefault(
    text({ pattern: '^[A-Za-z0-9_-]+$', expected: 'letters, digits, `_` and `-`' }),
    'USERS_REVOKED',
    'Name of the JetStream stream of revocations; the service creates it',
  ),
  'revocations.replicas': withDefault(
    integer(1, 5),
    1,
    'Number of NATS servers that store the stream of revocations',
  ),
  'revocations.wait': withDefault(
    duration(SECOND_MS, 5 * MINUTE_MS),
    25 * SECOND_MS,
    'Longest wait for the first revocation over HTTP; a longer `wait` is cut to it',
  ),
} as const;
