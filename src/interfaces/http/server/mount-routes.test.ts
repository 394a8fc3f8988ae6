import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { rejectUndeclaredAccess } from './mount-routes.ts';

describe('rejectUndeclaredAccess', () => {
  it('rejects the registration of a route without an access policy', () => {
    const fastify = Fastify();
    rejectUndeclaredAccess(fastify);
    expect(() => fastify.get('/open', async () => 'hello')).toThrow('declares no access policy');
    expect(() =>
      fastify.get('/ok', { config: { access: 'public' } }, async () => ''),
    ).not.toThrow();
  });
});
