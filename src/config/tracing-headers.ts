import type { Secret } from './secret.ts';

/** A header's name (RFC 9110 §5.6.2) and a value. */
const HEADER = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=\s*(.*\S)\s*$/s;
const PRINTABLE = /^[ -~]*[!-~]$/;

type TracingHeaders =
  | { readonly headers: Readonly<Record<string, string>> }
  /** A clause that repeats no value. */
  | { readonly wrong: string };

/**
 * Parses headers such as `authorization=Bearer%20…,x-tenant=a`. Values are percent-encoded as in
 * `OTEL_EXPORTER_OTLP_HEADERS` (OpenTelemetry, "Environment variables": the form of W3C Baggage).
 */
export function readTracingHeaders(secret: Secret | undefined): TracingHeaders {
  const headers: Record<string, string> = {};
  for (const part of secret?.reveal().split(',') ?? []) {
    const [, name, encoded] = HEADER.exec(part) ?? [];
    if (name === undefined || encoded === undefined) return { wrong: 'has the wrong form' };
    const value = decode(encoded);
    if (value === undefined) {
      return { wrong: `has a % in the value of ${name} that does not begin an escape such as %20` };
    }
    if (!PRINTABLE.test(value)) {
      return { wrong: `has a character in the value of ${name} that is not printable ASCII` };
    }
    headers[name.toLowerCase()] = value;
  }
  return { headers };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
