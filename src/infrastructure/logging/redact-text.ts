/** Replaces every value that must not be logged. */
export const REDACTED = '[redacted]';

/** Longest text in a line, in UTF-16 units; longer texts are truncated. */
const TEXT_MAX_LENGTH = 4_096;
/** Part of a longer text that is searched for secrets: more than is kept, so that no secret is cut in half and missed. */
const SEARCHED_LENGTH = 2 * TEXT_MAX_LENGTH;
/** Dropped from the end of the searched part, where a secret may continue. */
const UNSURE_LENGTH = 1_024;
const CUT_MARK = '…[cut]';

/** A quick test: a text that does not match it matches none of the patterns below. */
const SUSPICIOUS =
  /@|%40|\$argon2|eyJ|us?[kr]t?_|:\/\/|PRIVATE KEY|\)=\(|\+[1-9]|bearer|basic|passw|passp|pwd|secret|token|authorization|_?key["']?\s*[=:]|"d"|[a-z0-9+/_-]{43}/i;

const ATOM = String.raw`[^\s@"<>()\[\],;:\\]`;
const LABEL = String.raw`[\p{L}\p{M}\p{N}-]`;

/** Patterns and replacements, in order: the broad ones first, so that no narrow one leaves half a secret. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  // The last @ of a connection string ends its password, which may contain any other character. File URLs are excluded:
  // in stacks they contain the @ of scoped packages.
  [/(?<![a-z0-9+.-])(?!file:)([a-z][a-z0-9+.-]{0,30}:\/\/)\S{1,1024}@/gi, `$1${REDACTED}@`],
  // PostgreSQL repeats values in messages such as: Key (email)=(…) already exists.
  [/(\([\w, ()":]{1,200}\))=\((?:[^\n]{0,1000}\)|[^\n]*)/g, `$1=(${REDACTED})`],
  [/\$argon2(?:id|i|d)\$[^\s"'<>]*/gi, REDACTED],
  [/(?:usk|urt)_[A-Za-z0-9_-]{4,}/gi, REDACTED],
  [/eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,4}/g, REDACTED],
  [/\b(bearer|basic)[ \t]+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  // Assignments, as in connection parameters, JSON, forms and query strings.
  [
    /((?:password|passwd|passphrase|pwd|secret|token|authorization|api_?key|master_?key|private_?key|"d)\\?["']?\s{0,3}[=:]\s{0,3})(?:"(?:[^"\\]|\\[\s\S]){0,1024}"?|\\"(?:(?!\\")[\s\S]){0,1024}(?:\\")?|'[^']{0,1024}'?|[^\s"'&]{1,1024})/gi,
    `$1${REDACTED}`,
  ],
  // E.164 numbers.
  [/(?<![\w.])\+[1-9]\d{6,14}(?!\d)/g, REDACTED],
  // 256 bits in base64 or base64url: keys and digests. Digits and capitals tell them from long paths.
  [
    /(?<![\w+/-])(?=\S{0,42}\d)(?=\S{0,42}[A-Z])(?=\S{0,42}[a-z])[A-Za-z0-9+/_-]{43}=?(?![\w+/-])/g,
    REDACTED,
  ],
];

const EMAIL = new RegExp(
  `${ATOM}{1,128}(?:@|%40)(?:${LABEL}{1,63}\\.){1,10}\\p{L}${LABEL}{1,63}`,
  'giu',
);

/**
 * Redacts secrets and personal data that have a recognisable form: service keys, refresh tokens, JWTs, Argon2 hashes,
 * credentials in connection strings and assignments, private keys, e-mail addresses, E.164 numbers. Truncates the text
 * at `TEXT_MAX_LENGTH`. A secret without such a form, such as a bare password, is recognised by its field name only.
 */
export function redactText(text: string): string {
  const isCut = text.length > SEARCHED_LENGTH;
  const searched = isCut ? text.slice(0, SEARCHED_LENGTH) : text;
  const clean = SUSPICIOUS.test(searched) ? replaceSecrets(searched) : searched;
  const sure = isCut ? clean.length - UNSURE_LENGTH : clean.length;
  if (sure <= TEXT_MAX_LENGTH && !isCut) return clean;
  return clean.slice(0, Math.max(0, Math.min(sure, TEXT_MAX_LENGTH))) + CUT_MARK;
}

function replaceSecrets(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean.includes('@') || clean.includes('%40') ? clean.replace(EMAIL, REDACTED) : clean;
}
