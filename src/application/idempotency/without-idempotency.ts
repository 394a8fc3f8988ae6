import type { UnitOfWorkContext } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';

/** For a transaction that is not the effect of the request, such as the record of a failure: it commits at once. */
export function withoutIdempotency({ requestId, deadline }: Caller): UnitOfWorkContext {
  return deadline === undefined ? { requestId } : { requestId, deadline };
}
