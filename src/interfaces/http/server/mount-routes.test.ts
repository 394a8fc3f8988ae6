import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { refuseUndeclaredAccess } from './mount-routes.ts';

describe('refuseUndeclaredAccess', () => {
  it('makes a route without a policy fail to register', () => {
    const fastify = Fastify();
    refuseUndeclaredAccess(fastify);
    expect(() => fastify.get('/open', async () => 'hello')).toThrow('declares no access policy');
    expect(() =>
      fastify.get('/ok', { config: { access: 'public' } }, async () => ''),
    ).not.toThrow();
  });
});
