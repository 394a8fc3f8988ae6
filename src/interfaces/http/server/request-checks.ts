import type { IncomingMessage } from 'node:http';
import { EdgeError } from '../../api/problems.ts';

/** More header fields than any client or chain of proxies sends. Node.js silently leaves out those beyond 2,000. */
const MAX_HEADER_FIELDS = 100;

/**
 * Fields with a single value (RFC 9110 §5.3), among them those that Node.js takes from the first of several lines: a
 * gateway that takes the last one would have judged another request.
 */
const SINGLE_FIELDS: ReadonlySet<string> = new Set([
  'access-control-request-method',
  'authorization',
  'content-length',
  'content-location',
  'content-type',
  'date',
  'from',
  'host',
  'idempotency-key',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'origin',
  'proxy-authorization',
  'range',
  'referer',
  'transfer-encoding',
  'user-agent',
]);

/** A host and a port (RFC 9110 §7.2, RFC 3986 §3.2); empty where the target has no authority. */
const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** A request that another server could read differently. Its connection must not be read any further. */
export class AmbiguousRequest extends EdgeError {
  override readonly name = 'AmbiguousRequest';
}

/**
 * Checks what the parser of Node.js lets pass.
 * @throws AmbiguousRequest `malformed_request`: protocol version, framing, `Host`, repeated fields
 * @throws EdgeError `headers_too_large`, `expectation_failed`
 */
export function assertReadable(request: IncomingMessage): void {
  const { headers, httpVersion, rawHeaders } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw ambiguous('The protocol version must be HTTP/1.1 or HTTP/1.0.');
  }
  if (rawHeaders.length > 2 * MAX_HEADER_FIELDS) {
    throw new EdgeError(
      'headers_too_large',
      `A request has at most ${MAX_HEADER_FIELDS} header fields.`,
    );
  }
  // Repeated lines share a key: without any, there is nothing to look for.
  let names = 0;
  for (const _name in headers) names += 1;
  if (2 * names !== rawHeaders.length) refuseRepeatedFields(rawHeaders);

  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    throw ambiguous('The only transfer coding is chunked, in HTTP/1.1.');
  }
  if (headers.host === undefined ? httpVersion === '1.1' : !HOST.test(headers.host)) {
    throw ambiguous('The Host header must name a host and an optional port (RFC 9112 §3.2).');
  }
  const { expect } = headers;
  if (expect !== undefined && httpVersion === '1.1' && expect.toLowerCase() !== '100-continue') {
    throw new EdgeError('expectation_failed', 'The only expectation is 100-continue.');
  }
}

function refuseRepeatedFields(rawHeaders: readonly string[]): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!SINGLE_FIELDS.has(name)) continue;
    if (seen.has(name)) throw ambiguous(`The header ${name} was sent more than once.`);
    seen.add(name);
  }
}

function ambiguous(message: string): AmbiguousRequest {
  return new AmbiguousRequest('malformed_request', message);
}
