/** Types generated for queries found in "queries/webhook-endpoints.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'InsertWebhookEndpoint' parameters type */
export interface InsertWebhookEndpointParams {
  description?: string | null | void;
  id: string;
  most: number;
  ordered: boolean;
  types?: stringArray | null | void;
  url: string;
  userId?: string | null | void;
}

/** 'InsertWebhookEndpoint' return type */
export interface InsertWebhookEndpointResult {
  id: string;
}

const insertWebhookEndpointIR: StatementSource = {"usedParamSet":{"id":true,"url":true,"description":true,"types":true,"userId":true,"ordered":true,"most":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":102,"b":105}]},{"name":"url","required":true,"transform":{"type":"scalar"},"locs":[{"a":108,"b":112}]},{"name":"description","required":false,"transform":{"type":"scalar"},"locs":[{"a":115,"b":126}]},{"name":"types","required":false,"transform":{"type":"scalar"},"locs":[{"a":129,"b":134}]},{"name":"userId","required":false,"transform":{"type":"scalar"},"locs":[{"a":145,"b":151}]},{"name":"ordered","required":true,"transform":{"type":"scalar"},"locs":[{"a":160,"b":168}]},{"name":"most","required":true,"transform":{"type":"scalar"},"locs":[{"a":299,"b":304}]}],"statement":"insert into webhook_endpoints (id, url, description, types, user_id, ordered, queued_sequence)\nselect :id!, :url!, :description, :types::text[], :userId::uuid, :ordered!,\n  coalesce((select last_sequence from event_counter where name = 'outbox'), 0)\nwhere (select count(*) from webhook_endpoints) < :most!::integer\nreturning id"};

/**
 * Query generated from SQL:
 * ```
 * insert into webhook_endpoints (id, url, description, types, user_id, ordered, queued_sequence)
 * select :id!, :url!, :description, :types::text[], :userId::uuid, :ordered!,
 *   coalesce((select last_sequence from event_counter where name = 'outbox'), 0)
 * where (select count(*) from webhook_endpoints) < :most!::integer
 * returning id
 * ```
 */
export const insertWebhookEndpoint = new PreparedQuery<InsertWebhookEndpointParams,InsertWebhookEndpointResult>(insertWebhookEndpointIR);

/** 'InsertWebhookSecret' parameters type */
export interface InsertWebhookSecretParams {
  endpointId: string;
  id: string;
  publicKey?: string | null | void;
  scheme: string;
  sealedSecret: Uint8Array;
}

/** 'InsertWebhookSecret' return type */
export type InsertWebhookSecretResult = void;

const insertWebhookSecretIR: StatementSource = {"usedParamSet":{"id":true,"endpointId":true,"scheme":true,"sealedSecret":true,"publicKey":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":89,"b":92}]},{"name":"endpointId","required":true,"transform":{"type":"scalar"},"locs":[{"a":95,"b":106}]},{"name":"scheme","required":true,"transform":{"type":"scalar"},"locs":[{"a":109,"b":116}]},{"name":"sealedSecret","required":true,"transform":{"type":"scalar"},"locs":[{"a":119,"b":132}]},{"name":"publicKey","required":false,"transform":{"type":"scalar"},"locs":[{"a":135,"b":144}]}],"statement":"insert into webhook_secrets (id, endpoint_id, scheme, sealed_secret, public_key)\nvalues (:id!, :endpointId!, :scheme!, :sealedSecret!, :publicKey)"};

/**
 * Query generated from SQL:
 * ```
 * insert into webhook_secrets (id, endpoint_id, scheme, sealed_secret, public_key)
 * values (:id!, :endpointId!, :scheme!, :sealedSecret!, :publicKey)
 * ```
 */
export const insertWebhookSecret = new PreparedQuery<InsertWebhookSecretParams,InsertWebhookSecretResult>(insertWebhookSecretIR);

/** 'ExpireWebhookSecrets' parameters type */
export interface ExpireWebhookSecretsParams {
  endpointId: string;
  newId: string;
  overlapMs: number;
}

/** 'ExpireWebhookSecrets' return type */
export type ExpireWebhookSecretsResult = void;

const expireWebhookSecretsIR: StatementSource = {"usedParamSet":{"overlapMs":true,"endpointId":true,"newId":true},"params":[{"name":"overlapMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":81,"b":91}]},{"name":"endpointId","required":true,"transform":{"type":"scalar"},"locs":[{"a":160,"b":171}]},{"name":"newId","required":true,"transform":{"type":"scalar"},"locs":[{"a":183,"b":189}]}],"statement":"update webhook_secrets\nset expires_at = least(\n  expires_at, clock_timestamp() + :overlapMs!::double precision * interval '1 millisecond'\n)\nwhere endpoint_id = :endpointId! and id <> :newId!"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_secrets
 * set expires_at = least(
 *   expires_at, clock_timestamp() + :overlapMs!::double precision * interval '1 millisecond'
 * )
 * where endpoint_id = :endpointId! and id <> :newId!
 * ```
 */
export const expireWebhookSecrets = new PreparedQuery<ExpireWebhookSecretsParams,ExpireWebhookSecretsResult>(expireWebhookSecretsIR);

/** 'DeleteExpiredWebhookSecrets' parameters type */
export type DeleteExpiredWebhookSecretsParams = void;

/** 'DeleteExpiredWebhookSecrets' return type */
export type DeleteExpiredWebhookSecretsResult = void;

const deleteExpiredWebhookSecretsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"delete from webhook_secrets where expires_at <= clock_timestamp()"};

/**
 * Query generated from SQL:
 * ```
 * delete from webhook_secrets where expires_at <= clock_timestamp()
 * ```
 */
export const deleteExpiredWebhookSecrets = new PreparedQuery<DeleteExpiredWebhookSecretsParams,DeleteExpiredWebhookSecretsResult>(deleteExpiredWebhookSecretsIR);

/** 'ListWebhookEndpoints' parameters type */
export interface ListWebhookEndpointsParams {
  id?: string | null | void;
}

/** 'ListWebhookEndpoints' return type */
export interface ListWebhookEndpointsResult {
  created_at: Date;
  description: string | null;
  disabled_at: Date | null;
  disabled_reason: string | null;
  failing_since: Date | null;
  failures: number;
  id: string;
  ordered: boolean;
  queued_sequence: number;
  secrets: unknown;
  skipped_events: number;
  types: stringArray | null;
  updated_at: Date;
  url: string;
  user_id: string | null;
  version: number;
}

const listWebhookEndpointsIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":false,"transform":{"type":"scalar"},"locs":[{"a":907,"b":909},{"a":942,"b":944}]}],"statement":"select endpoint.id, endpoint.url, endpoint.description, endpoint.types, endpoint.user_id, endpoint.ordered,\n  endpoint.version, endpoint.created_at, endpoint.updated_at, endpoint.disabled_at, endpoint.disabled_reason,\n  endpoint.failures, endpoint.failing_since, endpoint.queued_sequence::float8 as \"queued_sequence!\",\n  endpoint.skipped_events::float8 as \"skipped_events!\",\n  (\n    select coalesce(jsonb_agg(jsonb_build_object(\n      'id', secret.id, 'scheme', secret.scheme, 'public_key', secret.public_key,\n      'created_at', extract(epoch from secret.created_at) * 1000,\n      'expires_at', extract(epoch from secret.expires_at) * 1000\n    ) order by secret.created_at desc, secret.id desc), '[]')\n    from webhook_secrets secret\n    where secret.endpoint_id = endpoint.id and (secret.expires_at is null or secret.expires_at > clock_timestamp())\n  ) as \"secrets!\"\nfrom webhook_endpoints endpoint\nwhere :id::uuid is null or endpoint.id = :id::uuid\norder by endpoint.id"};

/**
 * Query generated from SQL:
 * ```
 * select endpoint.id, endpoint.url, endpoint.description, endpoint.types, endpoint.user_id, endpoint.ordered,
 *   endpoint.version, endpoint.created_at, endpoint.updated_at, endpoint.disabled_at, endpoint.disabled_reason,
 *   endpoint.failures, endpoint.failing_since, endpoint.queued_sequence::float8 as "queued_sequence!",
 *   endpoint.skipped_events::float8 as "skipped_events!",
 *   (
 *     select coalesce(jsonb_agg(jsonb_build_object(
 *       'id', secret.id, 'scheme', secret.scheme, 'public_key', secret.public_key,
 *       'created_at', extract(epoch from secret.created_at) * 1000,
 *       'expires_at', extract(epoch from secret.expires_at) * 1000
 *     ) order by secret.created_at desc, secret.id desc), '[]')
 *     from webhook_secrets secret
 *     where secret.endpoint_id = endpoint.id and (secret.expires_at is null or secret.expires_at > clock_timestamp())
 *   ) as "secrets!"
 * from webhook_endpoints endpoint
 * where :id::uuid is null or endpoint.id = :id::uuid
 * order by endpoint.id
 * ```
 */
export const listWebhookEndpoints = new PreparedQuery<ListWebhookEndpointsParams,ListWebhookEndpointsResult>(listWebhookEndpointsIR);

/** 'LockWebhookEndpoint' parameters type */
export interface LockWebhookEndpointParams {
  id: string;
}

/** 'LockWebhookEndpoint' return type */
export interface LockWebhookEndpointResult {
  id: string;
  version: number;
}

const lockWebhookEndpointIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":53,"b":56}]}],"statement":"select id, version from webhook_endpoints where id = :id! for update"};

/**
 * Query generated from SQL:
 * ```
 * select id, version from webhook_endpoints where id = :id! for update
 * ```
 */
export const lockWebhookEndpoint = new PreparedQuery<LockWebhookEndpointParams,LockWebhookEndpointResult>(lockWebhookEndpointIR);

/** 'UpdateWebhookEndpoint' parameters type */
export interface UpdateWebhookEndpointParams {
  description?: string | null | void;
  enabled: boolean;
  id: string;
  ordered: boolean;
  types?: stringArray | null | void;
  url: string;
  userId?: string | null | void;
}

/** 'UpdateWebhookEndpoint' return type */
export type UpdateWebhookEndpointResult = void;

const updateWebhookEndpointIR: StatementSource = {"usedParamSet":{"url":true,"description":true,"types":true,"userId":true,"ordered":true,"enabled":true,"id":true},"params":[{"name":"url","required":true,"transform":{"type":"scalar"},"locs":[{"a":35,"b":39}]},{"name":"description","required":false,"transform":{"type":"scalar"},"locs":[{"a":56,"b":67}]},{"name":"types","required":false,"transform":{"type":"scalar"},"locs":[{"a":78,"b":83}]},{"name":"userId","required":false,"transform":{"type":"scalar"},"locs":[{"a":104,"b":110}]},{"name":"ordered","required":true,"transform":{"type":"scalar"},"locs":[{"a":129,"b":137}]},{"name":"enabled","required":true,"transform":{"type":"scalar"},"locs":[{"a":211,"b":219},{"a":309,"b":317},{"a":440,"b":448},{"a":541,"b":549},{"a":649,"b":657}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":711,"b":714}]}],"statement":"update webhook_endpoints\nset url = :url!, description = :description, types = :types::text[], user_id = :userId::uuid, ordered = :ordered!,\n  version = version + 1, updated_at = now(),\n  disabled_at = case when :enabled!::boolean then null else coalesce(disabled_at, now()) end,\n  disabled_reason = case when :enabled!::boolean then null else coalesce(disabled_reason, 'by_operator') end,\n  failures = case when disabled_at is not null and :enabled!::boolean then 0 else failures end,\n  failing_since = case when disabled_at is not null and :enabled!::boolean then null else failing_since end,\n  paused_until = case when disabled_at is not null and :enabled!::boolean then null else paused_until end\nwhere id = :id!"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_endpoints
 * set url = :url!, description = :description, types = :types::text[], user_id = :userId::uuid, ordered = :ordered!,
 *   version = version + 1, updated_at = now(),
 *   disabled_at = case when :enabled!::boolean then null else coalesce(disabled_at, now()) end,
 *   disabled_reason = case when :enabled!::boolean then null else coalesce(disabled_reason, 'by_operator') end,
 *   failures = case when disabled_at is not null and :enabled!::boolean then 0 else failures end,
 *   failing_since = case when disabled_at is not null and :enabled!::boolean then null else failing_since end,
 *   paused_until = case when disabled_at is not null and :enabled!::boolean then null else paused_until end
 * where id = :id!
 * ```
 */
export const updateWebhookEndpoint = new PreparedQuery<UpdateWebhookEndpointParams,UpdateWebhookEndpointResult>(updateWebhookEndpointIR);

/** 'DeleteWebhookEndpoint' parameters type */
export interface DeleteWebhookEndpointParams {
  id: string;
}

/** 'DeleteWebhookEndpoint' return type */
export type DeleteWebhookEndpointResult = void;

const deleteWebhookEndpointIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":41,"b":44}]}],"statement":"delete from webhook_endpoints where id = :id!"};

/**
 * Query generated from SQL:
 * ```
 * delete from webhook_endpoints where id = :id!
 * ```
 */
export const deleteWebhookEndpoint = new PreparedQuery<DeleteWebhookEndpointParams,DeleteWebhookEndpointResult>(deleteWebhookEndpointIR);

/** 'UpdateFailingWebhookEndpoint' parameters type */
export interface UpdateFailingWebhookEndpointParams {
  failingMs: number;
  id: string;
  leastFailures: number;
  pauseMs?: number | null | void;
  reason?: string | null | void;
}

/** 'UpdateFailingWebhookEndpoint' return type */
export interface UpdateFailingWebhookEndpointResult {
  disabled_reason: string | null;
}

const updateFailingWebhookEndpointIR: StatementSource = {"usedParamSet":{"pauseMs":true,"reason":true,"leastFailures":true,"failingMs":true,"id":true},"params":[{"name":"pauseMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":147,"b":154},{"a":252,"b":259}]},{"name":"reason","required":false,"transform":{"type":"scalar"},"locs":[{"a":344,"b":350},{"a":596,"b":602},{"a":627,"b":633}]},{"name":"leastFailures","required":true,"transform":{"type":"scalar"},"locs":[{"a":397,"b":411},{"a":666,"b":680}]},{"name":"failingMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":469,"b":479},{"a":738,"b":748}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":827,"b":830}]}],"statement":"update webhook_endpoints\nset failures = failures + 1,\n  failing_since = coalesce(failing_since, clock_timestamp()),\n  paused_until = case\n    when :pauseMs::double precision is null then paused_until\n    else greatest(paused_until, clock_timestamp() + :pauseMs::double precision * interval '1 millisecond')\n  end,\n  disabled_at = case\n    when :reason::text is not null or (\n      failures + 1 >= :leastFailures!::integer\n      and failing_since <= clock_timestamp() - :failingMs!::double precision * interval '1 millisecond'\n    ) then clock_timestamp()\n  end,\n  disabled_reason = case\n    when :reason::text is not null then :reason::text\n    when failures + 1 >= :leastFailures!::integer\n      and failing_since <= clock_timestamp() - :failingMs!::double precision * interval '1 millisecond' then 'failing'\n  end\nwhere id = :id! and disabled_at is null\nreturning disabled_reason"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_endpoints
 * set failures = failures + 1,
 *   failing_since = coalesce(failing_since, clock_timestamp()),
 *   paused_until = case
 *     when :pauseMs::double precision is null then paused_until
 *     else greatest(paused_until, clock_timestamp() + :pauseMs::double precision * interval '1 millisecond')
 *   end,
 *   disabled_at = case
 *     when :reason::text is not null or (
 *       failures + 1 >= :leastFailures!::integer
 *       and failing_since <= clock_timestamp() - :failingMs!::double precision * interval '1 millisecond'
 *     ) then clock_timestamp()
 *   end,
 *   disabled_reason = case
 *     when :reason::text is not null then :reason::text
 *     when failures + 1 >= :leastFailures!::integer
 *       and failing_since <= clock_timestamp() - :failingMs!::double precision * interval '1 millisecond' then 'failing'
 *   end
 * where id = :id! and disabled_at is null
 * returning disabled_reason
 * ```
 */
export const updateFailingWebhookEndpoint = new PreparedQuery<UpdateFailingWebhookEndpointParams,UpdateFailingWebhookEndpointResult>(updateFailingWebhookEndpointIR);

/** 'UpdateWorkingWebhookEndpoint' parameters type */
export interface UpdateWorkingWebhookEndpointParams {
  id: string;
}

/** 'UpdateWorkingWebhookEndpoint' return type */
export type UpdateWorkingWebhookEndpointResult = void;

const updateWorkingWebhookEndpointIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":96,"b":99}]}],"statement":"update webhook_endpoints\nset failures = 0, failing_since = null, paused_until = null\nwhere id = :id! and (failures > 0 or failing_since is not null or paused_until is not null)"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_endpoints
 * set failures = 0, failing_since = null, paused_until = null
 * where id = :id! and (failures > 0 or failing_since is not null or paused_until is not null)
 * ```
 */
export const updateWorkingWebhookEndpoint = new PreparedQuery<UpdateWorkingWebhookEndpointParams,UpdateWorkingWebhookEndpointResult>(updateWorkingWebhookEndpointIR);

/** 'ListSealedWebhookSecrets' parameters type */
export type ListSealedWebhookSecretsParams = void;

/** 'ListSealedWebhookSecrets' return type */
export interface ListSealedWebhookSecretsResult {
  endpoint_id: string;
  id: string;
  sealed_secret: Buffer;
}

const listSealedWebhookSecretsIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select id, endpoint_id, sealed_secret from webhook_secrets order by id"};

/**
 * Query generated from SQL:
 * ```
 * select id, endpoint_id, sealed_secret from webhook_secrets order by id
 * ```
 */
export const listSealedWebhookSecrets = new PreparedQuery<ListSealedWebhookSecretsParams,ListSealedWebhookSecretsResult>(listSealedWebhookSecretsIR);

/** 'UpdateSealedWebhookSecret' parameters type */
export interface UpdateSealedWebhookSecretParams {
  formerSecret: Uint8Array;
  id: string;
  sealedSecret: Uint8Array;
}

/** 'UpdateSealedWebhookSecret' return type */
export type UpdateSealedWebhookSecretResult = void;

const updateSealedWebhookSecretIR: StatementSource = {"usedParamSet":{"sealedSecret":true,"id":true,"formerSecret":true},"params":[{"name":"sealedSecret","required":true,"transform":{"type":"scalar"},"locs":[{"a":43,"b":56}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":69,"b":72}]},{"name":"formerSecret","required":true,"transform":{"type":"scalar"},"locs":[{"a":94,"b":107}]}],"statement":"update webhook_secrets\nset sealed_secret = :sealedSecret!\nwhere id = :id! and sealed_secret = :formerSecret!"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_secrets
 * set sealed_secret = :sealedSecret!
 * where id = :id! and sealed_secret = :formerSecret!
 * ```
 */
export const updateSealedWebhookSecret = new PreparedQuery<UpdateSealedWebhookSecretParams,UpdateSealedWebhookSecretResult>(updateSealedWebhookSecretIR);
