/** The fixed statements of the service are far fewer. */
const MAX_REMEMBERED = 1_000;
const CHANGE = /\b(?:insert\s+into|delete\s+from|update\s+[\w."]+(?:\s+(?:as\s+)?\w+)?\s+set)\b/i;

const remembered = new Map<string, boolean>();

/** Whether a statement changes rows, so that it waits for its commit. Each text is read once. */
export function isChange(text: string): boolean {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const result = CHANGE.test(text);
  if (remembered.size < MAX_REMEMBERED) remembered.set(text, result);
  return result;
}
