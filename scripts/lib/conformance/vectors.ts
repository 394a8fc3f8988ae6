import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventVectors } from './event-cases.ts';
import { revocationVectors } from './revocation-cases.ts';
import { tokenVectors } from './token-cases.ts';
import { createSigner } from './tokens.ts';
import { webhookVectors } from './webhook-cases.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const TOKENS = 'packages/conformance/tokens.json';

/** The conformance vectors: paths from the root of the repository, and content. */
export function makeConformanceVectors(): ReadonlyMap<string, string> {
  const path = join(root, TOKENS);
  const earlier = existsSync(path) ? readFileSync(path, 'utf8') : '{"cases":[]}';
  const { cases } = JSON.parse(earlier) as {
    readonly cases: readonly { readonly token: string }[];
  };
  const signer = createSigner(cases.map(({ token }) => token));
  return new Map([
    [TOKENS, `${JSON.stringify(tokenVectors(signer), null, 2)}\n`],
    [
      'packages/conformance/revocations.json',
      `${JSON.stringify(revocationVectors(signer), null, 2)}\n`,
    ],
    ['packages/conformance/webhooks.json', `${JSON.stringify(webhookVectors(), null, 2)}\n`],
    ['packages/conformance/events.json', `${JSON.stringify(eventVectors(), null, 2)}\n`],
  ]);
}
