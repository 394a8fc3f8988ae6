/**
 * SQLSTATE classes whose DETAIL names objects of the schema or states of the server. Those of violated constraints and
 * of wrong values (22, 23, 44) contain values of rows, which must not be logged.
 */
const CLASSES_WITH_DETAIL = /^(0A|08|25|28|2B|3D|3F|42|53|54|55|57|58)...$/;

/** Longest DETAIL or HINT that is shown, in UTF-16 units. A DETAIL of PostgreSQL can list a hundred objects. */
const MAX_NOTE_LENGTH = 1_000;

/** The DETAIL and the HINT of a PostgreSQL error, where they contain no values of rows; else an empty text. */
export function serverNotes(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code, detail, hint } = error as {
    readonly code?: unknown;
    readonly detail?: unknown;
    readonly hint?: unknown;
  };
  const notes: string[] = [];
  if (typeof code === 'string' && CLASSES_WITH_DETAIL.test(code) && typeof detail === 'string') {
    notes.push(`Detail: ${toSentence(detail)}`);
  }
  if (typeof hint === 'string') notes.push(`Hint: ${toSentence(hint)}`);
  return notes.join(' ');
}

/** On one line, with a full stop: PostgreSQL ends details and hints with one, but not messages. */
export function toSentence(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, '; ');
  const shown = line.length > MAX_NOTE_LENGTH ? `${line.slice(0, MAX_NOTE_LENGTH)}…` : line;
  return /[.!?\u2026]$/.test(shown) ? shown : `${shown}.`;
}
