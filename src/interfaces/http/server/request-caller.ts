import type { FastifyRequest } from 'fastify';
import type { Caller, Principal } from '../../../application/access/caller.ts';
import type { ClientAddress } from './forwarded-address.ts';

const ANONYMOUS: Principal = { kind: 'anonymous' };

/**
 * The caller of one request. Its parts are set as they become known: a copy of the object for each of them would cost a
 * tenth of a cached read.
 */
export class RequestCaller implements Caller {
  principal: Principal = ANONYMOUS;
  readonly requestId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  // Declared only: `exactOptionalPropertyTypes` tells an absent property from an undefined one.
  declare deadline?: NonNullable<Caller['deadline']>;
  declare reportQuotas?: NonNullable<Caller['reportQuotas']>;

  constructor(request: FastifyRequest, clientAddress: ClientAddress) {
    this.requestId = request.id;
    this.ip = clientAddress(request.raw);
    this.userAgent = request.headers['user-agent'] ?? null;
  }
}
