import type {
  Action,
  ActNote,
  Actor,
  ActReader,
  AdministrativeAct,
} from '../domain/administrative-acts.ts';
import type { Transaction } from '../domain/unit-of-work.ts';
import type { Caller } from './access/caller.ts';
import { requireScope } from './access/policy.ts';

/** Most acts that one reading returns, the newest ones. */
const ACTS_LIMIT = 200;

/** The actor of what the service does by itself. */
export const SYSTEM_ACTOR: Actor = { kind: 'system', id: null };

/** Records what a service or the operator does to a user, in the transaction of the change. */
export async function recordAct(
  { principal }: Caller,
  { acts }: Pick<Transaction, 'acts'>,
  action: Action,
  userId: string,
  { operator, reason }: ActNote,
): Promise<void> {
  const actor: Actor =
    principal.kind === 'service'
      ? { kind: 'service', id: principal.accountId }
      : { kind: 'operator', id: null };
  await acts.record({ action, userId, actor, operator, reason });
}

/**
 * Lists what operators and services did to a user, also after the user was deleted.
 * @throws DomainError `unauthenticated`, `forbidden`
 */
export function createListActs({ acts }: { readonly acts: ActReader }) {
  return async (caller: Caller, userId: string): Promise<readonly AdministrativeAct[]> => {
    requireScope(caller, 'users:admin');
    return acts.listOfUser(userId, ACTS_LIMIT);
  };
}
