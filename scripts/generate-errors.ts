import { FIELD_CODES } from '../src/interfaces/api/field-codes.ts';
import { PROBLEMS, type ProblemCode, problemType } from '../src/interfaces/api/problem-table.ts';

/** What a client does about each code. A code without advice does not compile. */
const ADVICE = {
  malformed_request:
    'Send well-formed JSON in UTF-8, with at most 32 levels, and the headers in their documented form. Sending the same bytes again fails again.',
  idempotency_key_invalid:
    'Send a random text of 16 to 255 visible ASCII characters, such as a UUID, as `Idempotency-Key`.',
  unauthenticated: 'Send `Authorization: Bearer …` with an access token or a service key.',
  invalid_token:
    'Refresh the session to get a new access token. If that is rejected too, sign in again. The operator has to replace a service key.',
  invalid_credentials:
    'Ask the user for the e-mail address and the password again. The response never tells which of the two was wrong.',
  password_expired:
    'Lead the user to a password reset. The password was right: ask for no other one.',
  invalid_grant:
    'Sign in again. If it is unexpected, check how your client handles refresh tokens: using one again after the grace period ends its session.',
  step_up_required:
    'Ask the user for the password, call `POST /v1/sessions/current/reauthenticate`, and repeat the request with the new access token. `max_age` in `WWW-Authenticate` is the accepted age in seconds.',
  forbidden:
    'Use a key with the scope that `detail` names, or the kind of credential that the route accepts.',
  session_cookie_refused:
    'Serve the app from the site of the service, list its origin in `server.cors_origins`, and set `sessions.cookie.enabled`. [Browser apps](../use-it/browser-apps.md) explains each.',
  email_unverified:
    'Open the link in the mail, or enter its code. Each refused sign-in with the right password sends another mail, three in 15 minutes at most.',
  not_found: 'Check the path; `/openapi.json` lists all paths.',
  user_not_found:
    'Treat the user as deleted. A user who requests another user gets the same response, so that it does not reveal which users exist.',
  session_not_found: 'Do nothing: the session has ended, or never belonged to the user.',
  service_account_not_found: 'List the service accounts; revoked ones cannot be revoked again.',
  invitation_not_found: 'Nothing needs to be revoked.',
  signing_key_not_found:
    'List the signing keys; a retired one is deleted when its last token has expired.',
  webhook_endpoint_not_found: 'List the webhook endpoints.',
  webhook_delivery_not_found: 'List the deliveries of the endpoint.',
  webhook_limit_reached:
    'Delete endpoints that are not needed. For secrets, wait until a former one has expired: a rotation with a short overlap leaves fewer of them.',
  method_not_allowed: 'Use one of the methods in `Allow`.',
  request_timeout:
    'Send the request again over a new connection. On slow networks `server.request_timeout` can be raised.',
  email_taken: 'Offer to sign in, or use another address.',
  service_account_name_taken: 'Choose another name, or revoke the account that has it.',
  signing_key_in_use:
    'Rotate first, or retire the key with `--force`: a new key then signs at once.',
  too_many_service_keys:
    'Wait until a key ends: a rotation with a short overlap leaves fewer of them. Or revoke the account and create another one.',
  version_exhausted:
    'Tell the operator: a version of 2,147,483,647 was not counted by this service. `user-service users audit-data` finds such users, and [Commands](cli.md#data-of-another-program) says how to correct them.',
  idempotency_answer_not_kept:
    'Do not repeat the request: it has taken effect. Read the record that it changed.',
  idempotency_in_progress:
    'Wait for `Retry-After` seconds, and send the same request with the same key: you get the response of the first one.',
  position_gone:
    'Build your copy of the users again from `GET /v1/users/export`, and go on from the position in its last line.',
  version_mismatch:
    'Read the record again, apply the change to the current record, and send it with the new `ETag`.',
  registration_closed:
    'Register with the `invitation` of a mail, or ask the operator for an account. Services register users with a key that has `users:write` or `users:admin`.',
  payload_too_large: 'Send less: most routes accept 16 KiB, a batch of public profiles 32 KiB.',
  uri_too_long: 'Shorten the query.',
  unsupported_media_type:
    'Send the `Content-Type` that `detail` names, in UTF-8 and without `Content-Encoding`.',
  expectation_failed: 'Send the request without `Expect`, or with `100-continue`.',
  validation_failed:
    'Correct the fields in `errors`. The second table below explains their codes. At most 100 are listed.',
  idempotency_key_reused:
    'Make a new key for each new request, and use it again only to repeat that request without a change.',
  invitation_invalid: 'Ask the operator for another invitation.',
  challenge_invalid:
    'Ask for a new code or link. A code counts only with the `challenge_id` of its own request, and at most five wrong codes are allowed; the link of the same mail still works.',
  version_required: 'Read the user, and send its `ETag` as `If-Match`.',
  rate_limited:
    'Wait for the seconds in `Retry-After` before the next request. `RateLimit` shows what is left to a client; an operator finds the limits in the guide to limits.',
  headers_too_large: 'Send fewer or shorter headers, cookies included.',
  internal_error:
    'Try once more. If it fails again, give the operator the `request_id`. The change may have been made.',
  overloaded:
    'Wait for `Retry-After` seconds, with jitter, and send the request again. Nothing was changed. Operators set the limit with `password.hashing_slots` and `password.hashing_wait`.',
  unavailable: 'Wait for `Retry-After` seconds, with jitter, and send the request again.',
  outcome_unknown:
    'Repeat the request with the same `Idempotency-Key`: it takes effect once. If it had no key, read the record that you changed, and repeat the change only if it is missing. A repeated `PATCH` with the old `If-Match` is safe: it either applies or gives 412.',
} as const satisfies Record<ProblemCode, string>;

const INTRODUCTION = `# Errors

<!-- Generated: change src/interfaces/api/problem-table.ts or scripts/generate-errors.ts and run \`npm run generate\`. -->

Every error is a problem document (RFC 9457) with the media type \`application/problem+json\`:

\`\`\`json
{
  "type": "urn:user-service:problem:validation_failed",
  "title": "Invalid fields",
  "status": 422,
  "detail": "One or more fields are not valid.",
  "instance": "urn:user-service:request:01a203cb-8cfc-74e5-9166-1f31c2b8b744",
  "code": "validation_failed",
  "request_id": "01a203cb-8cfc-74e5-9166-1f31c2b8b744",
  "errors": [
    {
      "pointer": "/email",
      "code": "email_domain",
      "message": "The part after @ must be a domain name with at least two labels."
    }
  ]
}
\`\`\`

Match on \`code\`. It is part of the interface and does not change; neither does \`type\`. \`title\`, \`detail\` and \`message\` are for people, and their wording may change. None of them repeats your input. \`request_id\` is also in the header \`X-Request-Id\` and in the log line of the request.

A response with status 429 or 503 always has \`Retry-After\`, one with 401 has \`WWW-Authenticate\`.
`;

/** The text of `docs/reference/errors.md`: an entry for every code of a problem, and one for every code of a field. */
export function generateErrors(): string {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return [
    INTRODUCTION,
    '## Codes\n',
    ...codes.map(entryOf),
    '## Field codes\n',
    'They stand in the `errors` of `validation_failed`. `pointer` is an RFC 6901 pointer into the body. Pointers that start with `/query/` or `/path/` name the other parts of a request.\n',
    ...fieldTable(),
    '',
  ].join('\n');
}

/** Padded as the formatter, which reads this file too, pads tables. */
function fieldTable(): string[] {
  const rows = [
    ['code', 'where', 'rule'],
    ...Object.entries(FIELD_CODES).map(([code, { where, rule }]) => [`\`${code}\``, where, rule]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}

function entryOf(code: ProblemCode): string {
  const { status, title, meaning } = PROBLEMS[code];
  return `### \`${code}\`

**${status} ${title}** · \`${problemType(code)}\`

When: ${meaning}

What to do: ${ADVICE[code]}
`;
}
