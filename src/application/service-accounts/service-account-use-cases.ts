import { SCOPES, type Scope } from '../../domain/access/scope.ts';
import { InvalidValue, validateFields } from '../../domain/errors.ts';
import type { Clock, IdGenerator, Logger } from '../../domain/ports.ts';
import { serviceAccountNotFound } from '../../domain/rejections.ts';
import type {
  ServiceAccount,
  ServiceAccountRepository,
} from '../../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../../domain/service-account/service-keys.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';

interface Deps {
  readonly accounts: Pick<ServiceAccountRepository, 'list'>;
  readonly unitOfWork: UnitOfWork;
  readonly keys: ServiceKeys;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after a revocation, so that this instance stops accepting the key at once. */
  readonly onRevoked: () => void;
}

/** `key` is never shown again. */
export interface NewServiceAccount {
  readonly account: ServiceAccount;
  readonly key: string;
}

/** Names are for people and logs. They are unique among accounts that are not revoked. */
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/;

/** Every method throws DomainError `forbidden` unless the caller is the operator. */
export function createServiceAccountUseCases(deps: Deps) {
  return {
    /** @throws DomainError `validation_failed`, `service_account_name_taken` */
    async create(
      caller: Caller,
      input: { name: string; scopes: readonly string[] },
    ): Promise<NewServiceAccount> {
      requireOperator(caller);
      const { name, scopes } = validateFields({
        name: () => readName(input.name),
        scopes: () => readScopes(input.scopes),
      });
      const { key, hash } = deps.keys.create();
      const account: ServiceAccount = {
        id: deps.ids.next(),
        name,
        scopes,
        createdAt: deps.clock.now(),
        revokedAt: null,
      };
      await deps.unitOfWork.run(caller, (transaction) => {
        transaction.commitWithNext();
        return transaction.serviceAccounts.insert(account, hash);
      });
      deps.logger.info('service account created', {
        request_id: caller.requestId,
        service_account_id: account.id,
        scopes: scopes.join(' '),
      });
      return { account, key };
    },

    async list(caller: Caller): Promise<readonly ServiceAccount[]> {
      requireOperator(caller);
      return deps.accounts.list();
    },

    /** @throws DomainError `service_account_not_found` */
    async revoke(caller: Caller, id: string): Promise<void> {
      requireOperator(caller);
      const isRevoked = await deps.unitOfWork.run(caller, (transaction) => {
        transaction.commitWithNext();
        return transaction.serviceAccounts.revoke(id);
      });
      if (!isRevoked) throw serviceAccountNotFound();
      deps.onRevoked();
      deps.logger.info('service account revoked', {
        request_id: caller.requestId,
        service_account_id: id,
      });
    },
  };
}

function readName(name: string): string {
  if (!NAME.test(name)) {
    throw new InvalidValue(
      'service_account_name',
      'Must have 1 to 100 characters of a-z, 0-9, dot, dash and underscore, with a letter or digit at both ends.',
    );
  }
  return name;
}

function readScopes(scopes: readonly string[]): readonly Scope[] {
  const known = SCOPES.filter((scope) => scopes.includes(scope));
  if (known.length === 0 || known.length !== new Set(scopes).size) {
    throw new InvalidValue('scopes', `Must be one or more of ${SCOPES.join(', ')}.`);
  }
  return known;
}
