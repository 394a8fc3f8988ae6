import type { Secret } from './secret.ts';

/** A header's name (RFC 9110 §5.6.2) and a value of printable ASCII. */
const HEADER = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=\s*([ -~]*[!-~])\s*$/;

/** Parses headers such as `authorization=Bearer …,x-tenant=a`; null if one of them is malformed. */
export function readTracingHeaders(
  secret: Secret | undefined,
): Readonly<Record<string, string>> | null {
  const headers: Record<string, string> = {};
  for (const part of secret?.reveal().split(',') ?? []) {
    const [, name, value] = HEADER.exec(part) ?? [];
    if (name === undefined || value === undefined) return null;
    headers[name.toLowerCase()] = value;
  }
  return headers;
}
