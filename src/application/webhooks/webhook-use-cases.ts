import { validateFields } from '../../domain/errors.ts';
import {
  versionUnreadable,
  webhookEndpointNotFound,
  webhookLimitReached,
  webhookVersionMismatch,
} from '../../domain/rejections.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import {
  parseEndpointDescription,
  parseEndpointTypes,
} from '../../domain/webhook/endpoint-fields.ts';
import type {
  SignatureScheme,
  WebhookEndpoint,
  WebhookEndpointRepository,
  WebhookSecrets,
  WebhookTargets,
} from '../../domain/webhook/webhook-endpoint.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';
import type { ExpectedVersions } from '../users/expected-versions.ts';
import { createDeliveryUseCases, type DeliveryPorts } from './delivery-use-cases.ts';

export interface WebhookPorts extends DeliveryPorts {
  readonly webhookSecrets: WebhookSecrets;
  readonly webhookTargets: WebhookTargets;
  readonly webhookEndpoints: Pick<WebhookEndpointRepository, 'list' | 'find'>;
}

/** What a caller sends about an endpoint; absent fields have their defaults, or stay as they are. */
export interface EndpointInput {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly types?: readonly string[] | null | undefined;
  readonly userId?: string | null | undefined;
  readonly ordered?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

/** `secret` is null for the scheme `v1a`, and never shown again. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string | null;
}

const MAX_ENDPOINTS = 100;
/** Secrets of one endpoint that sign at the same time. */
const MAX_SECRETS = 5;
/** How long a rotated secret signs beside the new one, in seconds. */
export const SECRET_OVERLAP_SECONDS = { usual: 86_400, most: 30 * 86_400 } as const;
const DEFAULTS = { description: null, types: null, userId: null, ordered: false } as const;

/** Every method needs the scope `webhooks:admin`, or throws DomainError `unauthenticated` or `forbidden`. */
export function createWebhookUseCases(ports: WebhookPorts) {
  const { webhookEndpoints, webhookSecrets, unitOfWork, ids, logger } = ports;

  function parse(input: EndpointInput, former: Omit<EndpointInput, 'enabled'>) {
    const { url, description, types } = validateFields({
      url: () => ports.webhookTargets.parseUrl(input.url ?? former.url ?? ''),
      description: () => parseEndpointDescription(orFormer(input.description, former.description)),
      types: () => parseEndpointTypes(orFormer(input.types, former.types)),
    });
    const userId = orFormer(input.userId, former.userId)?.toLowerCase() ?? null;
    return { url, description, types, userId, ordered: input.ordered ?? former.ordered ?? false };
  }

  /** @throws DomainError `webhook_endpoint_not_found`, `version_mismatch` */
  async function lock(
    { webhookEndpoints: endpoints }: Transaction,
    id: string,
    expected: ExpectedVersions,
  ): Promise<WebhookEndpoint> {
    const isLocked = await endpoints.lock(id);
    const endpoint = isLocked ? await endpoints.find(id) : null;
    if (endpoint === null) throw webhookEndpointNotFound();
    if (expected !== 'any' && !expected.includes(endpoint.version)) {
      throw expected.length === 0 ? versionUnreadable() : webhookVersionMismatch();
    }
    return endpoint;
  }

  async function findAgain({ webhookEndpoints: endpoints }: Transaction, id: string) {
    const endpoint = await endpoints.find(id);
    if (endpoint === null) throw new Error('an endpoint that was written is there');
    return endpoint;
  }

  function note(caller: Caller, message: string, id: string, fields: object = {}): void {
    logger.info(message, { request_id: caller.requestId, webhook_endpoint_id: id, ...fields });
  }

  return {
    /** @throws DomainError `validation_failed`, `webhook_limit_reached` */
    async create(
      caller: Caller,
      input: EndpointInput & { readonly scheme: SignatureScheme },
    ): Promise<EndpointWithSecret> {
      requireScope(caller, 'webhooks:admin');
      const settings = parse(input, DEFAULTS);
      const id = ids.next();
      const { stored, secret } = webhookSecrets.create(id, ids.next(), input.scheme);
      const endpoint = await unitOfWork.run(caller, async (transaction) => {
        const isNew = await transaction.webhookEndpoints.insert({ id, ...settings }, MAX_ENDPOINTS);
        if (!isNew) throw webhookLimitReached(`${MAX_ENDPOINTS} webhook endpoints`);
        await transaction.webhookEndpoints.addSecret(id, stored, 0);
        if (input.enabled === false) {
          await transaction.webhookEndpoints.update(id, settings, false);
        }
        return findAgain(transaction, id);
      });
      note(caller, 'webhook endpoint created', id);
      return { endpoint, secret };
    },

    async list(caller: Caller): Promise<readonly WebhookEndpoint[]> {
      requireScope(caller, 'webhooks:admin');
      return webhookEndpoints.list();
    },

    /** @throws DomainError `webhook_endpoint_not_found` */
    async get(caller: Caller, id: string): Promise<WebhookEndpoint> {
      requireScope(caller, 'webhooks:admin');
      const endpoint = await webhookEndpoints.find(id);
      if (endpoint === null) throw webhookEndpointNotFound();
      return endpoint;
    },

    /** @throws DomainError `validation_failed`, `webhook_endpoint_not_found`, `version_mismatch` */
    async update(
      caller: Caller,
      id: string,
      input: EndpointInput,
      expected: ExpectedVersions,
    ): Promise<WebhookEndpoint> {
      requireScope(caller, 'webhooks:admin');
      const endpoint = await unitOfWork.run(caller, async (transaction) => {
        const former = await lock(transaction, id, expected);
        const enabled = input.enabled ?? former.disabledAt === null;
        await transaction.webhookEndpoints.update(id, parse(input, former), enabled);
        return findAgain(transaction, id);
      });
      note(caller, 'webhook endpoint changed', id, { enabled: endpoint.disabledAt === null });
      ports.onWebhookWork();
      return endpoint;
    },

    /** @throws DomainError `webhook_endpoint_not_found`, `version_mismatch` */
    async delete(caller: Caller, id: string, expected: ExpectedVersions): Promise<void> {
      requireScope(caller, 'webhooks:admin');
      await unitOfWork.run(caller, async (transaction) => {
        await lock(transaction, id, expected);
        await transaction.webhookEndpoints.delete(id);
      });
      note(caller, 'webhook endpoint deleted', id);
    },

    /**
     * Adds a secret. The former ones sign beside it for the overlap.
     * @throws DomainError `webhook_endpoint_not_found`, `webhook_limit_reached`
     */
    async rotateSecret(
      caller: Caller,
      id: string,
      input: {
        readonly overlapSeconds?: number | undefined;
        readonly scheme?: SignatureScheme | undefined;
      },
    ): Promise<EndpointWithSecret> {
      requireScope(caller, 'webhooks:admin');
      const { overlapSeconds = SECRET_OVERLAP_SECONDS.usual } = input;
      const rotated = await unitOfWork.run(caller, async (transaction) => {
        const { secrets } = await lock(transaction, id, 'any');
        // Without an overlap the former ones end now.
        if (secrets.length >= MAX_SECRETS && overlapSeconds > 0) {
          throw webhookLimitReached(`${MAX_SECRETS} secrets of an endpoint at the same time`);
        }
        const scheme = input.scheme ?? secrets[0]?.scheme ?? 'v1';
        const { stored, secret } = webhookSecrets.create(id, ids.next(), scheme);
        await transaction.webhookEndpoints.addSecret(id, stored, overlapSeconds * 1_000);
        return { endpoint: await findAgain(transaction, id), secret };
      });
      note(caller, 'webhook secret rotated', id, { overlap_seconds: overlapSeconds });
      return rotated;
    },

    ...createDeliveryUseCases(ports),
  };
}

function orFormer<T>(given: T | null | undefined, former: T | null | undefined): T | null {
  return given === undefined ? (former ?? null) : given;
}
