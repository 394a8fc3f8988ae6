import { withDefault } from './definition.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { boolean, duration, integer } from './kinds.ts';
import { cidrList } from './list-kinds.ts';

/** How events are sent to webhook endpoints. */
export const webhookKeys = {
  'webhooks.enabled': withDefault(
    boolean(),
    true,
    'Whether this instance sends webhooks; the routes work on every instance',
  ),
  'webhooks.allow_http': withDefault(
    boolean(),
    false,
    'Also allow `http` URLs, whose requests are signed but not encrypted',
  ),
  'webhooks.allow_networks': withDefault(
    cidrList(),
    [],
    'Networks besides the public internet to which webhooks may go, at any port',
  ),
  'webhooks.timeout': withDefault(
    duration(SECOND_MS, MINUTE_MS),
    15 * SECOND_MS,
    'Time for one attempt, from the look-up of the name to the end of the response',
  ),
  'webhooks.max_in_flight': withDefault(
    integer(1, 100),
    4,
    'Requests to one endpoint at the same time; one with `ordered`',
  ),
  'webhooks.retention': withDefault(
    duration(HOUR_MS, 365 * 24 * HOUR_MS),
    30 * 24 * HOUR_MS,
    'How long ended deliveries and the log of attempts are kept',
  ),
} as const;
