import { userNotFound } from '../../domain/rejections.ts';
import type { UserText, UserTextReader } from '../../domain/user/user-texts.ts';
import type { Caller } from '../access/caller.ts';
import { requireSelfOrScope } from '../access/policy.ts';

interface Deps {
  readonly texts: Pick<UserTextReader, 'findUserText'>;
}

/**
 * Reads a user, for that user or for a service with `users:read`.
 * @throws DomainError `user_not_found`, `forbidden`
 */
export function createGetUser(deps: Deps) {
  return async (caller: Caller, id: string): Promise<UserText> => {
    requireSelfOrScope(caller, id, 'users:read');
    const text = await deps.texts.findUserText(id);
    if (text === null) throw userNotFound();
    return text;
  };
}
