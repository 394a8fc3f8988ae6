/** The codes of single fields: where they occur, and the rule that was broken. The tests compare them with the source: every code that a rule gives is here. */
export const FIELD_CODES: Readonly<
  Record<string, { readonly where: string; readonly rule: string }>
> = {
  required: { where: 'any', rule: 'The field is required.' },
  unknown_field: {
    where: 'any',
    rule: 'The route has no field with this name. Unknown fields are never ignored, so a typo is always reported.',
  },
  wrong_type: {
    where: 'any',
    rule: 'The JSON type is wrong. Values are never converted: a number in quotes is not a number.',
  },
  wrong_format: {
    where: 'ids',
    rule: 'The text does not have its documented form, such as a UUID.',
  },
  not_allowed: { where: 'any', rule: 'The value is not one of those that `message` lists.' },
  out_of_range: { where: '`limit`', rule: 'The number is below or above its bound.' },
  wrong_count: { where: '`ids`, `scopes`', rule: 'The array has too few or too many elements.' },
  empty: { where: 'body', rule: 'The object needs at least one field.' },
  invalid: { where: 'any', rule: 'The value breaks a rule of the schema that has no code yet.' },
  excludes_others: {
    where: '`email` in the query',
    rule: 'A search for one address cannot be combined with `q` and `cursor`.',
  },
  search_length: { where: '`q`', rule: '1–100 characters, not counting white space at the ends.' },
  search_without_letter: { where: '`q`', rule: 'At least one letter or digit of any script.' },
  position_invalid: {
    where: '`after`, `Last-Event-ID`',
    rule: 'The value is not a position of the feed: a number, a position from a response, or `latest`.',
  },
  event_type_unknown: {
    where: '`types`',
    rule: 'At most 50 types of events such as `user.created`, or groups such as `user.*`, with commas between them.',
  },
  webhook_url: {
    where: '`url`',
    rule: 'An https URL of at most 2,000 characters, without credentials and fragment; http as well with `webhooks.allow_http`.',
  },
  webhook_port: {
    where: '`url`',
    rule: 'The port 443 or 8443 (80 or 8080 for http), unless `webhooks.allow_networks` has the receiver.',
  },
  webhook_address: {
    where: '`url`',
    rule: 'No address outside of the public internet, unless `webhooks.allow_networks` has it.',
  },
  webhook_description: { where: '`description`', rule: '1–200 characters.' },
  wait_invalid: { where: '`wait`', rule: 'A time up to 999 seconds, such as `25s` or `500ms`.' },
  cursor_invalid: { where: '`cursor`', rule: 'The value is not a `next_cursor` of this list.' },
  cursor_of_other_list: {
    where: '`cursor`',
    rule: 'The cursor belongs to a list with another `q`; start again without a cursor.',
  },
  email_not_invited: {
    where: '`email`',
    rule: 'The address that the invitation was sent to.',
  },
  name_length: { where: 'names', rule: '1–100 code points.' },
  name_padded: { where: 'names', rule: 'No white space at either end.' },
  name_invisible_character: {
    where: 'names',
    rule: 'No invisible characters, except joiners and direction marks, which names need.',
  },
  name_without_letter: { where: 'names', rule: 'At least one letter of any script.' },
  text_not_unicode: { where: 'names, `q`, reasons', rule: 'No lone surrogates.' },
  text_control_character: {
    where: 'names, `q`, reasons',
    rule: 'No control characters, including NUL.',
  },
  text_bidi_control: {
    where: 'names, `q`, reasons',
    rule: 'No bidirectional embeddings, overrides or isolates.',
  },
  text_combining_marks: {
    where: 'names, `q`, reasons',
    rule: 'At most 8 combining marks in a row.',
  },
  email_invalid: { where: '`email`', rule: 'The form `local@domain`.' },
  email_white_space: {
    where: '`email`',
    rule: 'No white space inside. White space around the address is dropped.',
  },
  email_local_part: {
    where: '`email`',
    rule: 'Before the @: unquoted ASCII, with single dots inside. With `registration.email_rules: permissive` also dots anywhere, and other ASCII in quotes.',
  },
  email_domain: {
    where: '`email`',
    rule: 'After the @: a domain name of two or more labels, in any script; a final dot is dropped. With `registration.email_rules: permissive` also one label, or an IPv4 address.',
  },
  email_unchanged: {
    where: '`email` of `POST /v1/me/email-change`',
    rule: 'Not the address that the account has already.',
  },
  email_unproven: {
    where: '`email` of your own account',
    rule: 'With `registration.require_verified_email`, a new address is proven first: send it to `POST /v1/me/email-change`.',
  },
  proof_required: {
    where: '`token`, `challenge_id`, `code`',
    rule: 'Either `token`, or `challenge_id` and `code`.',
  },
  email_too_long: {
    where: '`email`',
    rule: 'At most 64 bytes before the @, and 254 in all with the domain as A-labels.',
  },
  locale_invalid: {
    where: '`locale`',
    rule: 'A BCP 47 language tag of at most 35 characters, such as `de` or `pt-BR`.',
  },
  phone_format: {
    where: '`phone`',
    rule: 'E.164: a plus sign, country code and number, digits only. With `registration.phone_rules: permissive` 4–15 digits.',
  },
  phone_invalid: {
    where: '`phone`',
    rule: 'A number that exists in the country’s numbering plan; not checked with `registration.phone_rules: permissive`.',
  },
  password_characters: {
    where: 'new passwords',
    rule: 'Unicode text without control characters.',
  },
  password_too_short: {
    where: 'new passwords',
    rule: 'At least `password.min_length` code points, 8 by default.',
  },
  password_too_long: {
    where: 'new passwords',
    rule: 'At most `password.max_length` code points, 256 by default; passwords are never cut off.',
  },
  password_too_common: {
    where: 'new passwords',
    rule: 'Not a password that attackers try first, and not close to the e-mail address or the name of the service.',
  },
  password_breached: {
    where: 'new passwords',
    rule: 'Not a password from a known breach; checked only with `pwned_passwords.enabled`.',
  },
  current_password_wrong: {
    where: '`current_password`, `password`',
    rule: 'It is not the current password.',
  },
  reason_length: { where: '`reason`, `X-Reason`', rule: '1–500 code points.' },
  reason_without_letter: {
    where: '`reason`, `X-Reason`',
    rule: 'At least one letter or digit of any script.',
  },
  operator_name: {
    where: '`X-Operator`',
    rule: '1–100 code points, at least one letter or digit of any script.',
  },
  header_encoding: {
    where: '`X-Operator`, `X-Reason`',
    rule: 'Printable ASCII; other characters and `%` are percent-encoded UTF-8.',
  },
  time_format: {
    where: '`until`',
    rule: 'A time as RFC 3339 writes it, with seconds and a zone, such as `2027-01-31T12:00:00Z`.',
  },
  time_not_future: { where: '`until`', rule: 'The time lies in the future.' },
  time_too_far: { where: '`until`', rule: 'The time lies within 3,653 days.' },
  service_account_name: {
    where: '`name` of a service account',
    rule: '1–100 of a–z, 0–9, dot, dash and underscore, a letter or digit at both ends.',
  },
  audience: { where: '`audience`', rule: 'One of `tokens.audience`.' },
  scopes: { where: '`scopes`', rule: 'One or more of the known scopes.' },
};
