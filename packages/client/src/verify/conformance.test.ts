import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier, type VerifierOptions } from '../verify.ts';

interface Vectors<C> {
  readonly now: number;
  readonly issuer: string;
  readonly audience: string;
  readonly clock_tolerance_seconds: number;
  readonly jwks: object;
  readonly cases: readonly C[];
}

interface TokenCase {
  readonly name: string;
  readonly token: string;
  readonly jwks?: object;
  /** Libraries may accept it; this verifier does not. */
  readonly strict?: true;
  readonly expected: Readonly<Record<string, unknown>>;
}

interface RevocationCase extends TokenCase {
  readonly entries: readonly object[];
}

function readVectors<C>(name: string): Vectors<C> {
  const path = join(import.meta.dirname, '../../../conformance', `${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Vectors<C>;
}

const tokens = readVectors<TokenCase>('tokens');
const revocations = readVectors<RevocationCase>('revocations');

/** What the service answers: its keys, the whole set of revocations, and no further ones. */
function fakeService(jwks: object, entries: readonly object[] = []): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input));
    if (url.pathname === '/.well-known/jwks.json') return Response.json(jwks);
    if (!url.searchParams.has('after')) {
      const lines = [...entries, { position: '1' }].map((entry) => `${JSON.stringify(entry)}\n`);
      return new Response(lines.join(''));
    }
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
}

async function verdictOf(
  vectors: Vectors<unknown>,
  { token, jwks }: TokenCase,
  more: Partial<VerifierOptions> & Pick<VerifierOptions, 'fetch'>,
): Promise<object> {
  const verifier = createVerifier({
    issuer: vectors.issuer,
    audience: vectors.audience,
    clockToleranceSeconds: vectors.clock_tolerance_seconds,
    now: () => vectors.now * 1_000,
    ...more,
  });
  onTestFinished(() => verifier.close());
  const first = await verifier.verify(`Bearer ${token}`);
  expect(await verifier.verify(`Bearer ${token}`), 'the same verdict from the cache').toEqual(
    first,
  );
  if (jwks !== undefined) expect(verifier.stats().keySet.fetches).toBe(1);
  if (!first.ok) {
    return {
      verdict: 'invalid',
      ...('reason' in first.problem ? { reason: first.problem.reason } : {}),
    };
  }
  const { kind, id } = first.data;
  const sessionId = first.data.kind === 'user' ? first.data.sessionId : null;
  return { verdict: 'valid', kind, subject: id, session_id: sessionId };
}

describe('conformance of tokens', () => {
  it.each(tokens.cases)('$name', async (one) => {
    const fetch = fakeService(one.jwks ?? tokens.jwks);
    expect(await verdictOf(tokens, one, { fetch })).toEqual(one.expected);
  });

  it('refuses every token that a careful verifier refuses', async () => {
    const strict = tokens.cases.filter((one) => one.strict === true);
    expect(strict.length).toBeGreaterThan(0);
    for (const one of strict) {
      const fetch = fakeService(one.jwks ?? tokens.jwks);
      expect(await verdictOf(tokens, one, { fetch })).toMatchObject({ verdict: 'invalid' });
    }
  });

  it('has cases of every verdict', () => {
    const reasons = new Set(tokens.cases.map(({ expected }) => expected.reason ?? 'valid'));
    expect(reasons.size).toBe(11);
  });
});

describe('conformance of revocations', () => {
  it.each(revocations.cases)('$name', async (one) => {
    const verdict = await verdictOf(revocations, one, {
      fetch: fakeService(revocations.jwks, one.entries),
      revocations: { http: { url: revocations.issuer, key: 'usk_test' } },
    });
    expect(verdict).toMatchObject(one.expected);
  });
});
