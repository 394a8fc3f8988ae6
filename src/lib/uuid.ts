/** A UUID of any version, in either case (RFC 9562 §4), as a JSON Schema pattern. */
export const UUID_PATTERN = '^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$';

const UUID = new RegExp(UUID_PATTERN);

/** Accepts every version and every variant, because imported ids may be old. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
