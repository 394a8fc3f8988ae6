import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { negotiatedTls } from './negotiated-tls.ts';

test.each([[new Socket()], [undefined], [{ encrypted: true }]])(
  'what is not a TLS socket counts as no TLS',
  (socket) => {
    expect(negotiatedTls(socket, 'chain and host')).toEqual({ tls: false });
  },
);
