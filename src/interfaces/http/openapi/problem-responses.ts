import { PROBLEMS, type ProblemCode } from '../../api/problem-table.ts';
import { acceptsIdempotencyKey, policiesOf, type Route } from '../route.ts';

/** Codes that every route can return. */
const EVERYWHERE: readonly ProblemCode[] = [
  'malformed_request',
  'request_timeout',
  'uri_too_long',
  'expectation_failed',
  'headers_too_large',
  'internal_error',
  'unavailable',
];

/** All codes that a route can return, in the order of the problem table. */
export function problemCodesOf(route: Route): readonly ProblemCode[] {
  const codes = new Set<ProblemCode>([...EVERYWHERE, ...route.problems]);
  if (route.access === 'public_or_service') codes.add('invalid_token');
  else if (route.access !== 'public' && route.access !== 'public_or_user') {
    codes.add('unauthenticated').add('invalid_token').add('forbidden');
  }
  if (policiesOf(route).length > 0) codes.add('rate_limited');
  if (route.freshness !== undefined) codes.add('step_up_required');
  if (route.sessionCookie !== undefined) codes.add('session_cookie_refused');
  // The body of such a method is received and its type is checked, even if the route has none.
  if (route.method !== 'GET') {
    codes.add('payload_too_large').add('unsupported_media_type').add('outcome_unknown');
  }
  if (acceptsIdempotencyKey(route)) {
    codes
      .add('idempotency_key_invalid')
      .add('idempotency_in_progress')
      .add('idempotency_answer_not_kept')
      .add('idempotency_key_reused');
  }
  if (route.body !== undefined || route.query !== undefined || route.params !== undefined) {
    codes.add('validation_failed');
  }
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code));
}

export function describeProblems(codes: readonly ProblemCode[]): string {
  return codes.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`).join('\n\n');
}
