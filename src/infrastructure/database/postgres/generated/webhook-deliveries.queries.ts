/** Types generated for queries found in "queries/webhook-deliveries.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'InsertWebhookDeliveries' parameters type */
export interface InsertWebhookDeliveriesParams {
  most: number;
  mostPending: number;
}

/** 'InsertWebhookDeliveries' return type */
export interface InsertWebhookDeliveriesResult {
  is_behind: boolean;
  queued: number;
  skipped: number;
}

const insertWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"most":true,"mostPending":true},"params":[{"name":"most","required":true,"transform":{"type":"scalar"},"locs":[{"a":250,"b":255},{"a":552,"b":557}]},{"name":"mostPending","required":true,"transform":{"type":"scalar"},"locs":[{"a":446,"b":458},{"a":488,"b":500},{"a":569,"b":581}]}],"statement":"select made.queued as \"queued!\", made.skipped::float8 as \"skipped!\",\n  exists (\n    select from webhook_endpoints endpoint, event_counter counter\n    where counter.name = 'outbox' and endpoint.disabled_at is null\n      and endpoint.queued_sequence + :most! < counter.last_sequence\n      and (\n        select count(*) from (\n          select from webhook_deliveries\n          where endpoint_id = endpoint.id and status = 'pending'\n          limit :mostPending!\n        ) waiting\n      ) < :mostPending!\n  ) as \"is_behind!\"\nfrom queue_webhook_deliveries(:most!::integer, :mostPending!::integer) made"};

/**
 * Query generated from SQL:
 * ```
 * select made.queued as "queued!", made.skipped::float8 as "skipped!",
 *   exists (
 *     select from webhook_endpoints endpoint, event_counter counter
 *     where counter.name = 'outbox' and endpoint.disabled_at is null
 *       and endpoint.queued_sequence + :most! < counter.last_sequence
 *       and (
 *         select count(*) from (
 *           select from webhook_deliveries
 *           where endpoint_id = endpoint.id and status = 'pending'
 *           limit :mostPending!
 *         ) waiting
 *       ) < :mostPending!
 *   ) as "is_behind!"
 * from queue_webhook_deliveries(:most!::integer, :mostPending!::integer) made
 * ```
 */
export const insertWebhookDeliveries = new PreparedQuery<InsertWebhookDeliveriesParams,InsertWebhookDeliveriesResult>(insertWebhookDeliveriesIR);

/** 'FindAnyWebhookEndpoint' parameters type */
export type FindAnyWebhookEndpointParams = void;

/** 'FindAnyWebhookEndpoint' return type */
export interface FindAnyWebhookEndpointResult {
  exists: boolean;
}

const findAnyWebhookEndpointIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select exists (select from webhook_endpoints) as \"exists!\""};

/**
 * Query generated from SQL:
 * ```
 * select exists (select from webhook_endpoints) as "exists!"
 * ```
 */
export const findAnyWebhookEndpoint = new PreparedQuery<FindAnyWebhookEndpointParams,FindAnyWebhookEndpointResult>(findAnyWebhookEndpointIR);

/** 'InsertWebhookTest' parameters type */
export interface InsertWebhookTestParams {
  endpointId: string;
  id: string;
  requestId: string;
  type: string;
}

/** 'InsertWebhookTest' return type */
export interface InsertWebhookTestResult {
  id: string;
}

const insertWebhookTestIR: StatementSource = {"usedParamSet":{"id":true,"type":true,"requestId":true,"endpointId":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":112,"b":115},{"a":137,"b":140}]},{"name":"type","required":true,"transform":{"type":"scalar"},"locs":[{"a":143,"b":148}]},{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":157,"b":167}]},{"name":"endpointId","required":true,"transform":{"type":"scalar"},"locs":[{"a":240,"b":251}]}],"statement":"insert into webhook_deliveries (id, endpoint_id, is_test, event_id, type, data, request_id, occurred_at)\nselect :id!, endpoint.id, true, :id!, :type!, '{}', :requestId!, clock_timestamp()\nfrom webhook_endpoints endpoint\nwhere endpoint.id = :endpointId!\nreturning id"};

/**
 * Query generated from SQL:
 * ```
 * insert into webhook_deliveries (id, endpoint_id, is_test, event_id, type, data, request_id, occurred_at)
 * select :id!, endpoint.id, true, :id!, :type!, '{}', :requestId!, clock_timestamp()
 * from webhook_endpoints endpoint
 * where endpoint.id = :endpointId!
 * returning id
 * ```
 */
export const insertWebhookTest = new PreparedQuery<InsertWebhookTestParams,InsertWebhookTestResult>(insertWebhookTestIR);

/** 'ClaimWebhookDeliveries' parameters type */
export interface ClaimWebhookDeliveriesParams {
  inFlight: number;
  leaseMs: number;
  most: number;
}

/** 'ClaimWebhookDeliveries' return type */
export interface ClaimWebhookDeliveriesResult {
  attempts: number;
  data: unknown;
  endpoint_id: string;
  event_id: string;
  failures: number;
  id: string;
  is_test: boolean;
  occurred_at: Date;
  request_id: string;
  secrets: unknown;
  sequence: number | null;
  type: string;
  url: string;
  user_id: string | null;
  user_version: number | null;
}

const claimWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"most":true,"inFlight":true,"leaseMs":true},"params":[{"name":"most","required":true,"transform":{"type":"scalar"},"locs":[{"a":865,"b":870}]},{"name":"inFlight","required":true,"transform":{"type":"scalar"},"locs":[{"a":882,"b":891}]},{"name":"leaseMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":903,"b":911}]}],"statement":"select delivery.id as \"id!\", delivery.endpoint_id as \"endpoint_id!\", delivery.is_test as \"is_test!\",\n  delivery.event_id as \"event_id!\", delivery.sequence::float8 as \"sequence?\", delivery.user_id as \"user_id?\",\n  delivery.user_version as \"user_version?\", delivery.type as \"type!\", delivery.data as \"data!\",\n  delivery.request_id as \"request_id!\", delivery.occurred_at as \"occurred_at!\", delivery.attempts as \"attempts!\",\n  endpoint.url, endpoint.failures,\n  (\n    select coalesce(jsonb_agg(jsonb_build_object(\n      'id', secret.id, 'scheme', secret.scheme, 'sealed', encode(secret.sealed_secret, 'base64')\n    ) order by secret.created_at desc, secret.id desc), '[]')\n    from webhook_secrets secret\n    where secret.endpoint_id = endpoint.id and (secret.expires_at is null or secret.expires_at > clock_timestamp())\n  ) as \"secrets!\"\nfrom claim_webhook_deliveries(:most!::integer, :inFlight!::integer, :leaseMs!::double precision) delivery\njoin webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id\norder by delivery.sequence"};

/**
 * Query generated from SQL:
 * ```
 * select delivery.id as "id!", delivery.endpoint_id as "endpoint_id!", delivery.is_test as "is_test!",
 *   delivery.event_id as "event_id!", delivery.sequence::float8 as "sequence?", delivery.user_id as "user_id?",
 *   delivery.user_version as "user_version?", delivery.type as "type!", delivery.data as "data!",
 *   delivery.request_id as "request_id!", delivery.occurred_at as "occurred_at!", delivery.attempts as "attempts!",
 *   endpoint.url, endpoint.failures,
 *   (
 *     select coalesce(jsonb_agg(jsonb_build_object(
 *       'id', secret.id, 'scheme', secret.scheme, 'sealed', encode(secret.sealed_secret, 'base64')
 *     ) order by secret.created_at desc, secret.id desc), '[]')
 *     from webhook_secrets secret
 *     where secret.endpoint_id = endpoint.id and (secret.expires_at is null or secret.expires_at > clock_timestamp())
 *   ) as "secrets!"
 * from claim_webhook_deliveries(:most!::integer, :inFlight!::integer, :leaseMs!::double precision) delivery
 * join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id
 * order by delivery.sequence
 * ```
 */
export const claimWebhookDeliveries = new PreparedQuery<ClaimWebhookDeliveriesParams,ClaimWebhookDeliveriesResult>(claimWebhookDeliveriesIR);

/** 'UpdateWebhookDelivery' parameters type */
export interface UpdateWebhookDeliveryParams {
  attempt: number;
  delayMs: number;
  durationMs: number;
  error?: string | null | void;
  id: string;
  response?: string | null | void;
  status: string;
  statusCode?: number | null | void;
}

/** 'UpdateWebhookDelivery' return type */
export type UpdateWebhookDeliveryResult = void;

const updateWebhookDeliveryIR: StatementSource = {"usedParamSet":{"status":true,"delayMs":true,"statusCode":true,"error":true,"id":true,"attempt":true,"durationMs":true,"response":true},"params":[{"name":"status","required":true,"transform":{"type":"scalar"},"locs":[{"a":62,"b":69},{"a":217,"b":224}]},{"name":"delayMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":111,"b":119}]},{"name":"statusCode","required":false,"transform":{"type":"scalar"},"locs":[{"a":296,"b":306},{"a":713,"b":723}]},{"name":"error","required":false,"transform":{"type":"scalar"},"locs":[{"a":340,"b":345},{"a":740,"b":745}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":372,"b":375}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":392,"b":400}]},{"name":"durationMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":638,"b":649},{"a":688,"b":699}]},{"name":"response","required":false,"transform":{"type":"scalar"},"locs":[{"a":765,"b":773}]}],"statement":"with recorded as (\n  update webhook_deliveries\n  set status = :status!::text,\n    due_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',\n    leased_until = null,\n    ended_at = case when :status!::text <> 'pending' then clock_timestamp() end,\n    last_status_code = :statusCode::integer,\n    last_error = left(:error::text, 300)\n  where id = :id! and attempts = :attempt!::integer and status = 'pending' and leased_until is not null\n  returning id, attempts\n)\ninsert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, status_code, error, response)\nselect id, attempts, clock_timestamp() - :durationMs!::integer * interval '1 millisecond', :durationMs!::integer,\n  :statusCode::integer, left(:error::text, 300), left(:response::text, 1024)\nfrom recorded"};

/**
 * Query generated from SQL:
 * ```
 * with recorded as (
 *   update webhook_deliveries
 *   set status = :status!::text,
 *     due_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',
 *     leased_until = null,
 *     ended_at = case when :status!::text <> 'pending' then clock_timestamp() end,
 *     last_status_code = :statusCode::integer,
 *     last_error = left(:error::text, 300)
 *   where id = :id! and attempts = :attempt!::integer and status = 'pending' and leased_until is not null
 *   returning id, attempts
 * )
 * insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, status_code, error, response)
 * select id, attempts, clock_timestamp() - :durationMs!::integer * interval '1 millisecond', :durationMs!::integer,
 *   :statusCode::integer, left(:error::text, 300), left(:response::text, 1024)
 * from recorded
 * ```
 */
export const updateWebhookDelivery = new PreparedQuery<UpdateWebhookDeliveryParams,UpdateWebhookDeliveryResult>(updateWebhookDeliveryIR);

/** 'ReleaseWebhookDelivery' parameters type */
export interface ReleaseWebhookDeliveryParams {
  attempt: number;
  id: string;
}

/** 'ReleaseWebhookDelivery' return type */
export type ReleaseWebhookDeliveryResult = void;

const releaseWebhookDeliveryIR: StatementSource = {"usedParamSet":{"id":true,"attempt":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":114,"b":117}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":134,"b":142}]}],"statement":"update webhook_deliveries\nset attempts = attempts - 1, due_at = clock_timestamp(), leased_until = null\nwhere id = :id! and attempts = :attempt!::integer and status = 'pending' and leased_until is not null"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_deliveries
 * set attempts = attempts - 1, due_at = clock_timestamp(), leased_until = null
 * where id = :id! and attempts = :attempt!::integer and status = 'pending' and leased_until is not null
 * ```
 */
export const releaseWebhookDelivery = new PreparedQuery<ReleaseWebhookDeliveryParams,ReleaseWebhookDeliveryResult>(releaseWebhookDeliveryIR);

/** 'ListWebhookDeliveries' parameters type */
export interface ListWebhookDeliveriesParams {
  beforeId?: string | null | void;
  endpointId: string;
  limit: number;
  status?: string | null | void;
}

/** 'ListWebhookDeliveries' return type */
export interface ListWebhookDeliveriesResult {
  attempts: number;
  created_at: Date;
  due_at: Date | null;
  ended_at: Date | null;
  endpoint_id: string;
  event_id: string;
  id: string;
  is_test: boolean;
  last_error: string | null;
  last_status_code: number | null;
  sequence: number | null;
  status: string;
  type: string;
  user_id: string | null;
}

const listWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"endpointId":true,"beforeId":true,"status":true,"limit":true},"params":[{"name":"endpointId","required":true,"transform":{"type":"scalar"},"locs":[{"a":262,"b":273}]},{"name":"beforeId","required":false,"transform":{"type":"scalar"},"locs":[{"a":280,"b":288},{"a":312,"b":320}]},{"name":"status","required":false,"transform":{"type":"scalar"},"locs":[{"a":336,"b":342},{"a":370,"b":376}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":408,"b":414}]}],"statement":"select id, endpoint_id, is_test, event_id, sequence::float8 as \"sequence?\", type, user_id, status, attempts, created_at,\n  case when status = 'pending' then due_at end as due_at, ended_at, last_status_code, last_error\nfrom webhook_deliveries\nwhere endpoint_id = :endpointId! and (:beforeId::uuid is null or id < :beforeId::uuid)\n  and (:status::text is null or status = :status::text)\norder by id desc\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select id, endpoint_id, is_test, event_id, sequence::float8 as "sequence?", type, user_id, status, attempts, created_at,
 *   case when status = 'pending' then due_at end as due_at, ended_at, last_status_code, last_error
 * from webhook_deliveries
 * where endpoint_id = :endpointId! and (:beforeId::uuid is null or id < :beforeId::uuid)
 *   and (:status::text is null or status = :status::text)
 * order by id desc
 * limit :limit!::integer
 * ```
 */
export const listWebhookDeliveries = new PreparedQuery<ListWebhookDeliveriesParams,ListWebhookDeliveriesResult>(listWebhookDeliveriesIR);

/** 'FindWebhookDelivery' parameters type */
export interface FindWebhookDeliveryParams {
  endpointId: string;
  id: string;
}

/** 'FindWebhookDelivery' return type */
export interface FindWebhookDeliveryResult {
  attempts: number;
  created_at: Date;
  due_at: Date | null;
  ended_at: Date | null;
  endpoint_id: string;
  event_id: string;
  id: string;
  is_test: boolean;
  last_error: string | null;
  last_status_code: number | null;
  sequence: number | null;
  status: string;
  type: string;
  user_id: string | null;
}

const findWebhookDeliveryIR: StatementSource = {"usedParamSet":{"endpointId":true,"id":true},"params":[{"name":"endpointId","required":true,"transform":{"type":"scalar"},"locs":[{"a":262,"b":273}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":284,"b":287}]}],"statement":"select id, endpoint_id, is_test, event_id, sequence::float8 as \"sequence?\", type, user_id, status, attempts, created_at,\n  case when status = 'pending' then due_at end as due_at, ended_at, last_status_code, last_error\nfrom webhook_deliveries\nwhere endpoint_id = :endpointId! and id = :id!"};

/**
 * Query generated from SQL:
 * ```
 * select id, endpoint_id, is_test, event_id, sequence::float8 as "sequence?", type, user_id, status, attempts, created_at,
 *   case when status = 'pending' then due_at end as due_at, ended_at, last_status_code, last_error
 * from webhook_deliveries
 * where endpoint_id = :endpointId! and id = :id!
 * ```
 */
export const findWebhookDelivery = new PreparedQuery<FindWebhookDeliveryParams,FindWebhookDeliveryResult>(findWebhookDeliveryIR);

/** 'ListWebhookAttempts' parameters type */
export interface ListWebhookAttemptsParams {
  deliveryId: string;
  limit: number;
}

/** 'ListWebhookAttempts' return type */
export interface ListWebhookAttemptsResult {
  attempt: number;
  duration_ms: number;
  error: string | null;
  response: string | null;
  started_at: Date;
  status_code: number | null;
}

const listWebhookAttemptsIR: StatementSource = {"usedParamSet":{"deliveryId":true,"limit":true},"params":[{"name":"deliveryId","required":true,"transform":{"type":"scalar"},"locs":[{"a":112,"b":123}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":143,"b":149}]}],"statement":"select attempt, started_at, duration_ms, status_code, error, response\nfrom webhook_attempts\nwhere delivery_id = :deliveryId!\norder by id\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select attempt, started_at, duration_ms, status_code, error, response
 * from webhook_attempts
 * where delivery_id = :deliveryId!
 * order by id
 * limit :limit!::integer
 * ```
 */
export const listWebhookAttempts = new PreparedQuery<ListWebhookAttemptsParams,ListWebhookAttemptsResult>(listWebhookAttemptsIR);

/** 'RequeueWebhookDeliveries' parameters type */
export interface RequeueWebhookDeliveriesParams {
  endpointId: string;
  id?: string | null | void;
  limit: number;
  since?: Date | null | void;
  status?: string | null | void;
  until?: Date | null | void;
}

/** 'RequeueWebhookDeliveries' return type */
export type RequeueWebhookDeliveriesResult = void;

const requeueWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"endpointId":true,"id":true,"status":true,"since":true,"until":true,"limit":true},"params":[{"name":"endpointId","required":true,"transform":{"type":"scalar"},"locs":[{"a":201,"b":212}]},{"name":"id","required":false,"transform":{"type":"scalar"},"locs":[{"a":247,"b":249},{"a":273,"b":275},{"a":502,"b":504}]},{"name":"status","required":false,"transform":{"type":"scalar"},"locs":[{"a":293,"b":299},{"a":327,"b":333}]},{"name":"since","required":false,"transform":{"type":"scalar"},"locs":[{"a":351,"b":356},{"a":397,"b":402}]},{"name":"until","required":false,"transform":{"type":"scalar"},"locs":[{"a":427,"b":432},{"a":472,"b":477}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":562,"b":568}]}],"statement":"update webhook_deliveries\nset status = 'pending', attempts = 0, due_at = clock_timestamp(), leased_until = null, ended_at = null\nwhere id in (\n  select id from webhook_deliveries\n  where endpoint_id = :endpointId! and status <> 'pending'\n    and (:id::uuid is null or id = :id::uuid)\n    and (:status::text is null or status = :status::text)\n    and (:since::timestamptz is null or occurred_at >= :since::timestamptz)\n    and (:until::timestamptz is null or occurred_at < :until::timestamptz)\n    and (:id::uuid is not null or not is_test)\n  order by id\n  limit :limit!::integer\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_deliveries
 * set status = 'pending', attempts = 0, due_at = clock_timestamp(), leased_until = null, ended_at = null
 * where id in (
 *   select id from webhook_deliveries
 *   where endpoint_id = :endpointId! and status <> 'pending'
 *     and (:id::uuid is null or id = :id::uuid)
 *     and (:status::text is null or status = :status::text)
 *     and (:since::timestamptz is null or occurred_at >= :since::timestamptz)
 *     and (:until::timestamptz is null or occurred_at < :until::timestamptz)
 *     and (:id::uuid is not null or not is_test)
 *   order by id
 *   limit :limit!::integer
 *   for update skip locked
 * )
 * ```
 */
export const requeueWebhookDeliveries = new PreparedQuery<RequeueWebhookDeliveriesParams,RequeueWebhookDeliveriesResult>(requeueWebhookDeliveriesIR);

/** 'ListDeadWebhookDeliveries' parameters type */
export interface ListDeadWebhookDeliveriesParams {
  limit: number;
}

/** 'ListDeadWebhookDeliveries' return type */
export interface ListDeadWebhookDeliveriesResult {
  attempts: number;
  ended_at: Date;
  endpoint_id: string;
  id: string;
  last_error: string | null;
  last_status_code: number | null;
  occurred_at: Date;
  type: string;
}

const listDeadWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":197,"b":203}]}],"statement":"select id, endpoint_id, type, occurred_at, ended_at as \"ended_at!\", attempts, last_status_code, last_error\nfrom webhook_deliveries\nwhere status = 'dead' and not is_test\norder by ended_at, id\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select id, endpoint_id, type, occurred_at, ended_at as "ended_at!", attempts, last_status_code, last_error
 * from webhook_deliveries
 * where status = 'dead' and not is_test
 * order by ended_at, id
 * limit :limit!::integer
 * ```
 */
export const listDeadWebhookDeliveries = new PreparedQuery<ListDeadWebhookDeliveriesParams,ListDeadWebhookDeliveriesResult>(listDeadWebhookDeliveriesIR);

/** 'RequeueDeadWebhookDeliveries' parameters type */
export interface RequeueDeadWebhookDeliveriesParams {
  id?: string | null | void;
}

/** 'RequeueDeadWebhookDeliveries' return type */
export type RequeueDeadWebhookDeliveriesResult = void;

const requeueDeadWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":false,"transform":{"type":"scalar"},"locs":[{"a":172,"b":174},{"a":198,"b":200}]}],"statement":"update webhook_deliveries\nset status = 'pending', attempts = 0, due_at = clock_timestamp(), leased_until = null, ended_at = null\nwhere status = 'dead' and not is_test and (:id::uuid is null or id = :id::uuid)"};

/**
 * Query generated from SQL:
 * ```
 * update webhook_deliveries
 * set status = 'pending', attempts = 0, due_at = clock_timestamp(), leased_until = null, ended_at = null
 * where status = 'dead' and not is_test and (:id::uuid is null or id = :id::uuid)
 * ```
 */
export const requeueDeadWebhookDeliveries = new PreparedQuery<RequeueDeadWebhookDeliveriesParams,RequeueDeadWebhookDeliveriesResult>(requeueDeadWebhookDeliveriesIR);

/** 'DeleteDeadWebhookDelivery' parameters type */
export interface DeleteDeadWebhookDeliveryParams {
  id: string;
}

/** 'DeleteDeadWebhookDelivery' return type */
export type DeleteDeadWebhookDeliveryResult = void;

const deleteDeadWebhookDeliveryIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":78,"b":81}]}],"statement":"delete from webhook_deliveries where status = 'dead' and not is_test and id = :id!::uuid"};

/**
 * Query generated from SQL:
 * ```
 * delete from webhook_deliveries where status = 'dead' and not is_test and id = :id!::uuid
 * ```
 */
export const deleteDeadWebhookDelivery = new PreparedQuery<DeleteDeadWebhookDeliveryParams,DeleteDeadWebhookDeliveryResult>(deleteDeadWebhookDeliveryIR);

/** 'DeleteEndedWebhookDeliveries' parameters type */
export interface DeleteEndedWebhookDeliveriesParams {
  keptMs: number;
  limit: number;
}

/** 'DeleteEndedWebhookDeliveries' return type */
export type DeleteEndedWebhookDeliveriesResult = void;

const deleteEndedWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"keptMs":true,"limit":true},"params":[{"name":"keptMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":144,"b":151}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":226,"b":232}]}],"statement":"delete from webhook_deliveries\nwhere id in (\n  select id from webhook_deliveries\n  where status <> 'pending' and ended_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'\n  order by ended_at\n  limit :limit!::integer\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from webhook_deliveries
 * where id in (
 *   select id from webhook_deliveries
 *   where status <> 'pending' and ended_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
 *   order by ended_at
 *   limit :limit!::integer
 *   for update skip locked
 * )
 * ```
 */
export const deleteEndedWebhookDeliveries = new PreparedQuery<DeleteEndedWebhookDeliveriesParams,DeleteEndedWebhookDeliveriesResult>(deleteEndedWebhookDeliveriesIR);

/** 'DeleteOldWebhookAttempts' parameters type */
export interface DeleteOldWebhookAttemptsParams {
  keptMs: number;
  limit: number;
}

/** 'DeleteOldWebhookAttempts' return type */
export type DeleteOldWebhookAttemptsResult = void;

const deleteOldWebhookAttemptsIR: StatementSource = {"usedParamSet":{"keptMs":true,"limit":true},"params":[{"name":"keptMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":118,"b":125}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":202,"b":208}]}],"statement":"delete from webhook_attempts\nwhere id in (\n  select id from webhook_attempts\n  where started_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'\n  order by started_at\n  limit :limit!::integer\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from webhook_attempts
 * where id in (
 *   select id from webhook_attempts
 *   where started_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
 *   order by started_at
 *   limit :limit!::integer
 *   for update skip locked
 * )
 * ```
 */
export const deleteOldWebhookAttempts = new PreparedQuery<DeleteOldWebhookAttemptsParams,DeleteOldWebhookAttemptsResult>(deleteOldWebhookAttemptsIR);

/** 'DeleteOrphanedWebhookDeliveries' parameters type */
export interface DeleteOrphanedWebhookDeliveriesParams {
  limit: number;
}

/** 'DeleteOrphanedWebhookDeliveries' return type */
export type DeleteOrphanedWebhookDeliveriesResult = void;

const deleteOrphanedWebhookDeliveriesIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":572,"b":578}]}],"statement":"with recursive known as (\n  (select endpoint_id from webhook_deliveries order by endpoint_id limit 1)\n  union all\n  select (\n    select endpoint_id from webhook_deliveries\n    where endpoint_id > known.endpoint_id\n    order by endpoint_id\n    limit 1\n  )\n  from known\n  where known.endpoint_id is not null\n)\ndelete from webhook_deliveries\nwhere id in (\n  select delivery.id\n  from known\n  join webhook_deliveries delivery on delivery.endpoint_id = known.endpoint_id\n  where not exists (select from webhook_endpoints where webhook_endpoints.id = known.endpoint_id)\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * with recursive known as (
 *   (select endpoint_id from webhook_deliveries order by endpoint_id limit 1)
 *   union all
 *   select (
 *     select endpoint_id from webhook_deliveries
 *     where endpoint_id > known.endpoint_id
 *     order by endpoint_id
 *     limit 1
 *   )
 *   from known
 *   where known.endpoint_id is not null
 * )
 * delete from webhook_deliveries
 * where id in (
 *   select delivery.id
 *   from known
 *   join webhook_deliveries delivery on delivery.endpoint_id = known.endpoint_id
 *   where not exists (select from webhook_endpoints where webhook_endpoints.id = known.endpoint_id)
 *   limit :limit!::integer
 * )
 * ```
 */
export const deleteOrphanedWebhookDeliveries = new PreparedQuery<DeleteOrphanedWebhookDeliveriesParams,DeleteOrphanedWebhookDeliveriesResult>(deleteOrphanedWebhookDeliveriesIR);

/** 'ReadWebhookBacklog' parameters type */
export type ReadWebhookBacklogParams = void;

/** 'ReadWebhookBacklog' return type */
export interface ReadWebhookBacklogResult {
  dead_letters: number;
  disabled: number;
  failing: number;
  oldest_age_ms: number;
  pending: number;
  working: number;
}

const readWebhookBacklogIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select\n  (select count(*) from (\n    select from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id\n    where status = 'pending' and disabled_at is null limit 10000\n  ) counted)::integer as \"pending!\",\n  (select count(*) from (\n    select from webhook_deliveries where status = 'dead' and not is_test limit 10000\n  ) counted)::integer as \"dead_letters!\",\n  (select (coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0) * 1000)::float8\n    from (\n      select occurred_at\n      from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id\n      where status = 'pending' and disabled_at is null limit 10000\n    ) waiting) as \"oldest_age_ms!\",\n  (select count(*) from webhook_endpoints where disabled_at is null and failures = 0)::integer as \"working!\",\n  (select count(*) from webhook_endpoints where disabled_at is null and failures > 0)::integer as \"failing!\",\n  (select count(*) from webhook_endpoints where disabled_at is not null)::integer as \"disabled!\""};

/**
 * Query generated from SQL:
 * ```
 * select
 *   (select count(*) from (
 *     select from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id
 *     where status = 'pending' and disabled_at is null limit 10000
 *   ) counted)::integer as "pending!",
 *   (select count(*) from (
 *     select from webhook_deliveries where status = 'dead' and not is_test limit 10000
 *   ) counted)::integer as "dead_letters!",
 *   (select (coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0) * 1000)::float8
 *     from (
 *       select occurred_at
 *       from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint.id = delivery.endpoint_id
 *       where status = 'pending' and disabled_at is null limit 10000
 *     ) waiting) as "oldest_age_ms!",
 *   (select count(*) from webhook_endpoints where disabled_at is null and failures = 0)::integer as "working!",
 *   (select count(*) from webhook_endpoints where disabled_at is null and failures > 0)::integer as "failing!",
 *   (select count(*) from webhook_endpoints where disabled_at is not null)::integer as "disabled!"
 * ```
 */
export const readWebhookBacklog = new PreparedQuery<ReadWebhookBacklogParams,ReadWebhookBacklogResult>(readWebhookBacklogIR);
