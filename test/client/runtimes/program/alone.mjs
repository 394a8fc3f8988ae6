// A program that waits for its verifier and for nothing else, whose feed cannot be read. It stops nothing that it started,
// and ends all the same.
import { startUserService } from '@user-service/client/testing';
import { createVerifier } from '@user-service/client/verify';

const service = await startUserService({ program: process.env.PROGRAM });
const { url, issuer, audience } = service;
const token = await service.tokenFor(await service.addUser());
const http = { url, key: 'usk_unknown' };
const verifier = createVerifier({
  issuer,
  audience,
  revocations: { http, maxStalenessMs: 1_000 },
});
const result = await verifier.verify(token);
process.stdout.write(`${JSON.stringify({ url, reason: result.problem?.reason })}\n`);
