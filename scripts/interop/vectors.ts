import { verify } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSigner, encode, KEYS, publicJwk } from '../lib/conformance/tokens.ts';

const FILES = ['tokens', 'revocations'] as const;
const root = join(import.meta.dirname, '..', '..');

interface Case {
  readonly name: string;
  readonly token: string;
  readonly strict?: true;
  readonly jwks?: { readonly keys: readonly object[] };
  readonly expected: {
    readonly verdict: 'valid' | 'invalid';
    readonly reason?: string;
    readonly kind?: string;
    readonly subject?: string;
    readonly session_id?: string | null;
  };
}

interface VectorFile {
  readonly now: number;
  readonly cases: readonly Case[];
}

/** The conformance vectors by the name of their file. */
export type Vectors = ReadonlyMap<string, VectorFile>;

interface Verdict {
  readonly file: string;
  readonly name: string;
  readonly verdict: string;
  readonly subject?: string;
  readonly session_id?: string | null;
}

/** How the verdicts of a program compare with those that are expected. */
export interface Comparison {
  readonly agreed: number;
  /** Tokens that a careful verifier refuses, and the library takes. */
  readonly accepted: readonly string[];
  readonly faults: readonly string[];
}

export function readVectors(): Vectors {
  return new Map(
    FILES.map((name) => {
      const text = readFileSync(join(root, 'packages', 'conformance', `${name}.json`), 'utf8');
      return [name, JSON.parse(text) as VectorFile];
    }),
  );
}

export function writeVectors(vectors: Vectors, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, file] of vectors) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(file));
  }
}

/**
 * The vectors for a verifier that does not know EdDSA. What the Ed25519 key has signed is signed by the P-256 key instead:
 * the same payload, and the same header but for `alg` and `kid`. Left out are tokens of a service, since Spring's check
 * takes one client id, and the cases about a key of their own.
 */
export function withoutEdDsa(vectors: Vectors): Vectors {
  const isLeftOut = ({ name, jwks, expected }: Case): boolean =>
    ['EdDSA', 'RS256'].includes(name) ||
    /token of a service|id of a service account/.test(name) ||
    (jwks !== undefined && expected.verdict === 'invalid');
  return new Map(
    [...vectors].map(([name, file]) => [
      name,
      { ...file, cases: file.cases.filter((one) => !isLeftOut(one)).map(signAgain) },
    ]),
  );
}

function signAgain(one: Case): Case {
  const [head = '', payload = '', signature = '', ...more] = one.token.split('.');
  const signed = Buffer.from(`${head}.${payload}`);
  const key = KEYS.EdDSA;
  const header = Buffer.from(head, 'base64url').toString('utf8');
  const isSigned = verify(
    null,
    signed,
    { key: key.jwk, format: 'jwk' },
    Buffer.from(signature, 'base64url'),
  );
  // A header that names another key or algorithm is what its case is about.
  const isOwn = /"alg":"EdDSA"/.test(header) && /"kid":"test-ed25519"|^(?!.*"kid")/.test(header);
  if (more.length > 0 || !isSigned || !isOwn) return one;
  const renamed = header
    .replaceAll('"alg":"EdDSA"', '"alg":"ES256"')
    .replaceAll(`"${key.kid}"`, `"${KEYS.ES256.kid}"`);
  const token = createSigner([]).parts('ES256', `${encode(Buffer.from(renamed))}.${payload}`);
  if (one.jwks === undefined) return { ...one, token };
  return { ...one, token, jwks: { keys: [...one.jwks.keys, publicJwk('ES256')] } };
}

/** @param output a verdict a line */
export function compareVerdicts(vectors: Vectors, output: string): Comparison {
  const lines = output.trim().split('\n');
  const verdicts = new Map(
    lines.map((line) => {
      const verdict = JSON.parse(line) as Verdict;
      return [`${verdict.file}: ${verdict.name}`, verdict];
    }),
  );
  const accepted: string[] = [];
  const faults: string[] = [];
  let agreed = 0;
  for (const [file, { cases }] of vectors) {
    for (const { name, strict, expected } of cases) {
      const id = `${file}: ${name}`;
      const verdict = verdicts.get(id);
      if (verdict !== undefined && agrees(verdict, expected)) agreed += 1;
      else if (strict === true && verdict?.verdict === 'valid') accepted.push(name);
      else faults.push(`${id}: ${JSON.stringify(verdict)}, expected ${JSON.stringify(expected)}`);
    }
  }
  return { agreed, accepted, faults };
}

function agrees(verdict: Verdict, expected: Case['expected']): boolean {
  if (verdict.verdict !== expected.verdict) return false;
  if (expected.subject === undefined) return true;
  return (
    verdict.subject === expected.subject && (verdict.session_id || null) === expected.session_id
  );
}
