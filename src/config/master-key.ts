/** Shortest master key: 256 bits. */
const MASTER_KEY_BYTES = 32;

const BASE64 = /^(?:[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9_-]*={0,2})$/;
/** Words in keys that were copied from examples. A random key has one with a probability below 1 in a million. */
const EXAMPLE_WORD = /change|example|secret|default|password|insecure|replace|sample/i;

/** The bytes of a master key in base64 or base64url; undefined for other text. */
export function decodeMasterKey(text: string): Buffer | undefined {
  const body = text.replace(/=+$/, '');
  if (!BASE64.test(text) || body.length % 4 === 1) return undefined;
  return Buffer.from(body, 'base64');
}

/**
 * Says why `text` is not a safe master key, as a clause; undefined for a safe one. It refuses short
 * keys, and keys that are typed or copied instead of random: repeating or counting bytes, words,
 * plain text (ASVS 5.0 11.2.3 and 13.2.3).
 */
export function masterKeyWeakness(text: string): string | undefined {
  const bytes = decodeMasterKey(text);
  if (EXAMPLE_WORD.test(text)) return 'looks like an example';
  if (bytes === undefined) return 'is not base64';
  if (bytes.length < MASTER_KEY_BYTES) return `is too short (${bytes.length} bytes)`;
  if (new Set(bytes).size < 16 || isPeriodic(bytes)) return 'repeats itself';
  if (hasConstantStep(bytes)) return 'is a counted sequence';
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'is plain text, not random bytes';
  return undefined;
}

/** 32 random bytes have a period of at most half their length with a probability below 2^-100. */
function isPeriodic(bytes: Buffer): boolean {
  const half = Math.floor(bytes.length / 2);
  for (let period = 1; period <= half; period++) {
    if (bytes.subarray(period).equals(bytes.subarray(0, bytes.length - period))) return true;
  }
  return false;
}

function hasConstantStep(bytes: Buffer): boolean {
  const stepAt = (index: number): number => ((bytes[index] ?? 0) - (bytes[index - 1] ?? 0)) & 0xff;
  return bytes.every((_, index) => index < 2 || stepAt(index) === stepAt(1));
}
