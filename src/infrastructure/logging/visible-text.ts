/**
 * Characters that JSON does not escape although a terminal executes them or a reader breaks lines at them: DEL, C1
 * controls, U+2028, U+2029.
 */
const UNESCAPED = /[\u007f-\u009f\u2028\u2029]/g;
/** The same, and the C0 and bidi controls: characters that are not safe on a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE_ON_TERMINALS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Escapes, in a line of JSON, the characters that JSON leaves although they break lines. */
export function escapeLineBreaks(json: string): string {
  return json.replace(UNESCAPED, escapeUnit);
}

/** Shows each character that a terminal would execute as its escape, and a line feed as an arrow. */
export function makeVisible(text: string): string {
  return text.replace(UNSAFE_ON_TERMINALS, (unit) => (unit === '\n' ? '\u23ce' : escapeUnit(unit)));
}

/** The JSON escape of a UTF-16 unit. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
