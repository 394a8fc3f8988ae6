/** Parts of one error that are named. */
const MAX_PARTS = 4;

/**
 * What an error says. An attempt at several addresses of one name fails with an `AggregateError` without a message of
 * its own: its parts speak for it, then its code, then its name.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  const parts = error instanceof AggregateError ? error.errors.slice(0, MAX_PARTS) : [];
  const text = parts
    .map((part) => (part instanceof Error ? part.message : String(part)))
    .join('; ');
  return text || ((error as NodeJS.ErrnoException).code ?? error.name);
}
