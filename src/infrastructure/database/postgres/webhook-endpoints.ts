import type {
  DisabledReason,
  SignatureScheme,
  WebhookEndpoint,
  WebhookEndpointRepository,
} from '../../../domain/webhook/webhook-endpoint.ts';
import type { SqlConnection } from '../sql.ts';
import {
  deleteWebhookEndpoint,
  expireWebhookSecrets,
  insertWebhookEndpoint,
  insertWebhookSecret,
  type ListWebhookEndpointsResult,
  listSealedWebhookSecrets,
  listWebhookEndpoints,
  lockWebhookEndpoint,
  updateSealedWebhookSecret,
  updateWebhookEndpoint,
} from './generated/webhook-endpoints.queries.ts';

export function createPostgresWebhookEndpoints(
  connection: SqlConnection,
): WebhookEndpointRepository {
  const typesOf = (types: readonly string[] | null) => (types === null ? null : [...types]);
  return {
    async insert({ types, ...endpoint }, most) {
      const parameters = { ...endpoint, types: typesOf(types), most };
      return (await insertWebhookEndpoint.run(parameters, connection)).length > 0;
    },
    async list() {
      return (await listWebhookEndpoints.run({ id: null }, connection)).map(toEndpoint);
    },
    async find(id) {
      const [row] = await listWebhookEndpoints.run({ id }, connection);
      return row === undefined ? null : toEndpoint(row);
    },
    lock: async (id) => (await lockWebhookEndpoint.run({ id }, connection)).length > 0,
    async update(id, { types, ...settings }, enabled) {
      const parameters = { id, ...settings, types: typesOf(types), enabled };
      await updateWebhookEndpoint.runForCount(parameters, connection);
    },
    delete: async (id) => (await deleteWebhookEndpoint.runForCount({ id }, connection)) === 1,
    async addSecret(endpointId, secret, overlapMs) {
      await insertWebhookSecret.runForCount({ endpointId, ...secret }, connection);
      const parameters = { endpointId, newId: secret.id, overlapMs };
      await expireWebhookSecrets.runForCount(parameters, connection);
    },
  };
}

/** Stored secrets, for the seal under another master key. */
export interface SealedSecretStore {
  list(): Promise<
    readonly { readonly id: string; readonly endpointId: string; readonly sealed: Uint8Array }[]
  >;
  /** @returns false when the secret has changed meanwhile. */
  update(id: string, former: Uint8Array, sealed: Uint8Array): Promise<boolean>;
}

export function createPostgresSealedSecrets(connection: SqlConnection): SealedSecretStore {
  return {
    async list() {
      const rows = await listSealedWebhookSecrets.run(undefined, connection);
      return rows.map((row) => ({
        id: row.id,
        endpointId: row.endpoint_id,
        sealed: row.sealed_secret,
      }));
    },
    async update(id, formerSecret, sealedSecret) {
      const parameters = { id, formerSecret, sealedSecret };
      return (await updateSealedWebhookSecret.runForCount(parameters, connection)) === 1;
    },
  };
}

interface SecretJson {
  readonly id: string;
  readonly scheme: SignatureScheme;
  readonly public_key: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
}

/** Stored values were checked before they were written. */
function toEndpoint(row: ListWebhookEndpointsResult): WebhookEndpoint {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    types: row.types,
    userId: row.user_id,
    ordered: row.ordered,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason as DisabledReason | null,
    failures: row.failures,
    failingSince: row.failing_since,
    queuedSequence: row.queued_sequence,
    skippedEvents: row.skipped_events,
    secrets: (row.secrets as unknown as readonly SecretJson[]).map((secret) => ({
      id: secret.id,
      scheme: secret.scheme,
      publicKey: secret.public_key,
      createdAt: new Date(secret.created_at),
      expiresAt: secret.expires_at === null ? null : new Date(secret.expires_at),
    })),
  };
}
