/** The fixed statements of the service are far fewer. */
const MAX_REMEMBERED = 1_000;
/** The functions of the schema that change rows. A test compares the list with the schema. */
const CHANGING_FUNCTIONS = [
  ...['claim_attempt', 'claim_events', 'claim_webhook_deliveries'],
  ...['number_events', 'number_revocations', 'queue_webhook_deliveries'],
];
const CHANGE = new RegExp(
  [
    String.raw`\b(?:insert\s+into|delete\s+from|update\s+[\w."]+(?:\s+(?:as\s+)?\w+)?\s+set)\b`,
    // A row lock is written to the log, so its commit waits as well.
    String.raw`\bfor\s+(?:no\s+key\s+|key\s+)?(?:update|share)\b`,
    String.raw`\b(?:${CHANGING_FUNCTIONS.join('|')})\s*\(`,
  ].join('|'),
  'i',
);

const remembered = new Map<string, boolean>();

/**
 * Whether a statement changes or locks rows, itself or by a function that it calls, so that it waits for its commit.
 * Each text is read once.
 */
export function isChange(text: string): boolean {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const result = CHANGE.test(text);
  if (remembered.size < MAX_REMEMBERED) remembered.set(text, result);
  return result;
}
