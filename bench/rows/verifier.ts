import { generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { createVerifier, type Verifier, type VerifyResult } from '@user-service/client/verify';
import { createRevocationSet } from '../../packages/client/src/verify/revocation-set.ts';
import { compare, measureAlone, type Side } from '../compare.ts';
import type { Context, Result } from '../context.ts';
import { measureRefusals } from './refusals.ts';

const ISSUER = 'https://accounts.example.com';
const LIFE_SECONDS = 3_600;
/** More than the caches of the processor hold. */
const TOKENS = 2_000;
const REVOKED = 200_000;
const BATCH = 500;

/** Measures the verifier of the client package in this process, and how soon others refuse a token. */
export async function measureVerifier(context: Context): Promise<Result[]> {
  const keys = generateKeyPairSync('ed25519');
  const tokens = Array.from({ length: TOKENS }, () => signToken(keys.privateKey));
  const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'EdDSA' };
  const fetch = async () => Response.json({ keys: [jwk] });
  const verifier = (options: object) =>
    createVerifier({ issuer: ISSUER, audience: 'bench', fetch, ...options });
  const warm = verifier({});
  const cold = verifier({ maxCachedTokens: 0 });
  try {
    await warm.ready();
    await cold.ready();
    return [
      await measureAlone(
        context,
        { id: 'p1', target: 1_000_000 },
        {
          ...loop(context, 'verify, a token that is known', checks(warm, tokens)),
          warmUp: async () => tokens.forEach((token) => void warm.verify(token)),
        },
      ),
      await compare(
        context,
        { id: 'p2', target: 0.9 },
        {
          service: loop(context, 'verify, a new token', checks(cold, tokens)),
          floor: loop(
            context,
            'its signature alone, by node:crypto',
            bareChecks(keys.publicKey, tokens),
          ),
        },
      ),
      measureSet(),
      ...(await measureRefusals(context)),
    ];
  } finally {
    await warm.close();
    await cold.close();
  }
}

/** One check of the header of a request, of one token after another; the header is a text that nobody has seen before. */
function checks(verifier: Verifier, tokens: readonly string[]): (index: number) => void {
  const headers = tokens.map((token) => Buffer.from(`Bearer ${token}`, 'latin1'));
  return (index) => {
    const header = headers[index % headers.length] ?? expected();
    const result = verifier.verify(header.toString('latin1'));
    if (!(result as VerifyResult).ok) expected();
  };
}

/** Nothing but the signature: its bytes, those that it covers, and one call of `crypto.verify`. */
function bareChecks(key: KeyObject, tokens: readonly string[]): (index: number) => void {
  const texts = tokens.map((token) => Buffer.from(token, 'latin1'));
  return (index) => {
    const token = (texts[index % texts.length] ?? expected()).toString('latin1');
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    if (!verify(null, Buffer.from(token.slice(0, end)), key, signature)) expected();
  };
}

/** Runs the step for the time of a slice. */
function loop({ options }: Context, title: string, step: (index: number) => void): Side {
  let index = 0;
  return {
    title,
    slice: async () => {
      const began = performance.now();
      const cpu = process.cpuUsage();
      const endsAt = began + options.seconds * 1_000;
      let count = 0;
      while (performance.now() < endsAt) {
        for (let step_ = 0; step_ < BATCH; step_ += 1) step(index++);
        count += BATCH;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { user, system } = process.cpuUsage(cpu);
      return {
        perSecond: count / ((performance.now() - began) / 1_000),
        ...{ p50Ms: Number.NaN, p99Ms: Number.NaN },
        cpuUs: (user + system) / count,
      };
    },
  };
}

function measureSet(): Result {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const before = process.memoryUsage();
  const set = createRevocationSet(500_000);
  for (let index = 0; index < REVOKED; index += 1) {
    const times = { notBefore: nowSeconds, until: nowSeconds + LIFE_SECONDS };
    set.add({ kind: 'session', id: randomUUID(), ...times }, nowSeconds);
  }
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  // Without the garbage of its making, which this process may not have collected.
  const bytes = globalThis.gc === undefined ? set.bytes() : Math.max(grown, set.bytes());
  return {
    ...{ kind: 'value', id: 'p3', title: `memory of ${REVOKED.toLocaleString('en')} revocations` },
    ...{ value: bytes / 1_000_000, unit: 'MB', target: 20 },
  };
}

function signToken(key: Parameters<typeof sign>[2]): string {
  const iat = Math.floor(Date.now() / 1_000);
  const parts = [
    { alg: 'EdDSA', typ: 'at+jwt', kid: 'bench' },
    {
      ...{ iss: ISSUER, aud: 'bench', sub: randomUUID(), sid: randomUUID(), jti: randomUUID() },
      ...{ client_id: 'first-party', iat, exp: iat + LIFE_SECONDS, auth_time: iat },
    },
  ];
  const signed = parts
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

function expected(): never {
  throw new Error('a token of the benchmark was refused');
}
