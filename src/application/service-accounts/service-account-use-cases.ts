import { SCOPES, type Scope } from '../../domain/access/scope.ts';
import { InvalidValue, validateFields } from '../../domain/errors.ts';
import type { Clock, IdGenerator, Logger } from '../../domain/ports.ts';
import { serviceAccountNotFound } from '../../domain/rejections.ts';
import type {
  ListedServiceAccount,
  ServiceAccount,
  ServiceAccountRepository,
  ServiceKey,
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
  /** Called after a change of an account, so that it is in force on this instance at once. */
  readonly onChanged: () => void;
}

/** `key` is never shown again. */
export interface IssuedServiceKey extends ServiceKey {
  readonly key: string;
}

export interface NewServiceAccount {
  readonly account: ServiceAccount;
  readonly issued: IssuedServiceKey;
}

const SECOND_MS = 1_000;
const DAY_SECONDS = 86_400;
/** Shortest and longest time after which a key ends, in seconds. */
export const KEY_TTL_SECONDS = { least: 60, most: 3_650 * DAY_SECONDS } as const;
/** Longest time for which a key works beside the one that replaces it, and the usual one, in seconds. */
export const KEY_OVERLAP_SECONDS = { usual: DAY_SECONDS, most: 30 * DAY_SECONDS } as const;

/** Names are for people and logs. They are unique among accounts that are not revoked. */
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/;

/** Every method throws DomainError `forbidden` unless the caller is the operator. */
export function createServiceAccountUseCases(deps: Deps) {
  return {
    /** @throws DomainError `validation_failed`, `service_account_name_taken` */
    async create(
      caller: Caller,
      input: { name: string; scopes: readonly string[]; expiresInSeconds?: number | undefined },
    ): Promise<NewServiceAccount> {
      requireOperator(caller);
      const { name, scopes } = validateFields({
        name: () => readName(input.name),
        scopes: () => readScopes(input.scopes),
      });
      const ttlMs = toTtlMs(input.expiresInSeconds);
      const { key, hash } = deps.keys.create();
      const account: ServiceAccount = {
        id: deps.ids.next(),
        name,
        scopes,
        createdAt: deps.clock.now(),
        revokedAt: null,
      };
      const stored = await deps.unitOfWork.run(caller, (transaction) =>
        transaction.serviceAccounts.insert(account, { id: deps.ids.next(), hash, ttlMs }),
      );
      deps.logger.info('service account created', {
        request_id: caller.requestId,
        service_account_id: account.id,
        scopes: scopes.join(' '),
      });
      return { account, issued: { ...stored, key } };
    },

    async list(caller: Caller): Promise<readonly ListedServiceAccount[]> {
      requireOperator(caller);
      return deps.accounts.list();
    },

    /**
     * Issues another key. The former ones work for the overlap.
     * @throws DomainError `service_account_not_found`, `too_many_service_keys`
     */
    async rotateKey(
      caller: Caller,
      id: string,
      {
        overlapSeconds = KEY_OVERLAP_SECONDS.usual,
        expiresInSeconds,
      }: {
        readonly overlapSeconds?: number | undefined;
        readonly expiresInSeconds?: number | undefined;
      },
    ): Promise<IssuedServiceKey> {
      requireOperator(caller);
      const { key, hash } = deps.keys.create();
      const ttlMs = toTtlMs(expiresInSeconds);
      const added = { id: deps.ids.next(), hash, ttlMs };
      const stored = await deps.unitOfWork.run(caller, (transaction) =>
        transaction.serviceAccounts.rotateKey(id, added, overlapSeconds * SECOND_MS),
      );
      deps.onChanged();
      deps.logger.info('service key rotated', {
        request_id: caller.requestId,
        service_account_id: id,
        service_key_id: stored.id,
      });
      return { ...stored, key };
    },

    /** @throws DomainError `validation_failed`, `service_account_not_found` */
    async setScopes(caller: Caller, id: string, input: readonly string[]): Promise<ServiceAccount> {
      requireOperator(caller);
      const { scopes } = validateFields({ scopes: () => readScopes(input) });
      const account = await deps.unitOfWork.run(caller, (transaction) =>
        transaction.serviceAccounts.setScopes(id, scopes),
      );
      if (account === null) throw serviceAccountNotFound();
      deps.onChanged();
      deps.logger.info('scopes of a service account changed', {
        request_id: caller.requestId,
        service_account_id: id,
        scopes: scopes.join(' '),
      });
      return account;
    },

    /** @throws DomainError `service_account_not_found` */
    async revoke(caller: Caller, id: string): Promise<void> {
      requireOperator(caller);
      const isRevoked = await deps.unitOfWork.run(caller, (transaction) => {
        transaction.commitWithNext();
        return transaction.serviceAccounts.revoke(id);
      });
      if (!isRevoked) throw serviceAccountNotFound();
      deps.onChanged();
      deps.logger.info('service account revoked', {
        request_id: caller.requestId,
        service_account_id: id,
      });
    },
  };
}

function toTtlMs(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * SECOND_MS;
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
