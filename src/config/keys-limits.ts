import { type KeyDefinition, withDefault } from './definition.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './duration.ts';
import { boolean, duration, integer, ratio } from './kinds.ts';

interface PolicyDefaults {
  readonly rate: number;
  readonly perMs: number;
  readonly burst: number;
}

type Number = KeyDefinition<number, '', 'default'>;

type PolicyKeys<N extends string> = { readonly [K in `limits.${N}.rate`]: Number } & {
  readonly [K in `limits.${N}.per`]: KeyDefinition<number, 'Ms', 'default'>;
} & { readonly [K in `limits.${N}.burst`]: Number };

const MOST_REQUESTS = 1_000_000;

/** The three keys of a policy. `what` completes the sentence "Most … in `per`". */
function policy<N extends string>(name: N, what: string, defaults: PolicyDefaults): PolicyKeys<N> {
  const { rate, perMs, burst } = defaults;
  const keys = {
    [`limits.${name}.rate`]: withDefault(
      integer(1, MOST_REQUESTS),
      rate,
      `Most ${what}, in each \`per\``,
    ),
    [`limits.${name}.per`]: withDefault(
      duration(SECOND_MS, DAY_MS),
      perMs,
      'Time in which the whole `rate` comes back',
    ),
    [`limits.${name}.burst`]: withDefault(
      integer(1, MOST_REQUESTS),
      burst,
      'Requests that are allowed at once, after a time without any',
    ),
  };
  // The computed names are those of the type: TypeScript widens them to `string`.
  return keys as unknown as PolicyKeys<N>;
}

/** Rate limits, lockout and known devices. */
export const limitKeys = {
  'limits.enabled': withDefault(
    boolean(),
    true,
    'Limit the rate of requests; `false` turns every policy below off, and leaves `lockout` on',
  ),
  'limits.ipv6_prefix': withDefault(
    integer(32, 128),
    64,
    'Bits of an IPv6 address that count as one client; two prefixes, each eight bits wider, count as well',
  ),
  'limits.fallback_share': withDefault(
    ratio(0.01),
    0.5,
    'Part of each limit that one instance allows while Redis is configured and away',
  ),
  ...policy('sign_in_client', 'sign-ins of one client', {
    rate: 120,
    perMs: MINUTE_MS,
    burst: 600,
  }),
  ...policy('sign_in_pair', 'sign-ins of one client with one e-mail address', {
    rate: 10,
    perMs: MINUTE_MS,
    burst: 60,
  }),
  ...policy('sign_in_global', 'sign-ins of all clients without a known device', {
    rate: 6_000,
    perMs: MINUTE_MS,
    burst: 12_000,
  }),
  ...policy('refresh_client', 'refreshes of one client', {
    rate: 1_200,
    perMs: MINUTE_MS,
    burst: 6_000,
  }),
  ...policy('registration_client', 'registrations and changes of address of one client', {
    rate: 600,
    perMs: HOUR_MS,
    burst: 300,
  }),
  ...policy('reset_account', 'password resets for one e-mail address', {
    rate: 5,
    perMs: HOUR_MS,
    burst: 5,
  }),
  ...policy('reset_client', 'password resets that one client asks for', {
    rate: 60,
    perMs: HOUR_MS,
    burst: 60,
  }),
  ...policy('verification_account', 'verification mails for one e-mail address', {
    rate: 5,
    perMs: HOUR_MS,
    burst: 5,
  }),
  ...policy('service_account', 'requests of one service account to one instance', {
    rate: 300_000,
    perMs: MINUTE_MS,
    burst: 300_000,
  }),
  ...policy(
    'global',
    'requests of all clients under the policies above, without service accounts',
    {
      rate: 60_000,
      perMs: MINUTE_MS,
      burst: 120_000,
    },
  ),
  'lockout.free': withDefault(
    integer(1, 99),
    5,
    'Wrong passwords in a row for one e-mail address before each further one needs a wait',
  ),
  'lockout.max_wait': withDefault(
    duration(SECOND_MS, DAY_MS),
    15 * MINUTE_MS,
    'Longest wait after a wrong password; the wait begins with two seconds and doubles',
  ),
  'lockout.stop': withDefault(
    integer(2, 100),
    100,
    'Wrong passwords in a row after which the password opens nothing for an unknown device',
  ),
  'devices.ttl': withDefault(
    duration(HOUR_MS, 3_650 * DAY_MS),
    180 * DAY_MS,
    'Time after a sign-in for which its `device_token` marks a known device',
  ),
} as const;
