/** Types generated for queries found in "queries/administrative-acts.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'InsertAdministrativeAct' parameters type */
export interface InsertAdministrativeActParams {
  action: string;
  actorId?: string | null | void;
  actorKind: string;
  id: string;
  operator?: string | null | void;
  reason?: string | null | void;
  requestId: string;
  userId: string;
}

/** 'InsertAdministrativeAct' return type */
export type InsertAdministrativeActResult = void;

const insertAdministrativeActIR: StatementSource = {"usedParamSet":{"id":true,"action":true,"userId":true,"actorKind":true,"actorId":true,"operator":true,"reason":true,"requestId":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":114,"b":117}]},{"name":"action","required":true,"transform":{"type":"scalar"},"locs":[{"a":120,"b":127}]},{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":130,"b":137}]},{"name":"actorKind","required":true,"transform":{"type":"scalar"},"locs":[{"a":140,"b":150}]},{"name":"actorId","required":false,"transform":{"type":"scalar"},"locs":[{"a":153,"b":160}]},{"name":"operator","required":false,"transform":{"type":"scalar"},"locs":[{"a":163,"b":171}]},{"name":"reason","required":false,"transform":{"type":"scalar"},"locs":[{"a":174,"b":180}]},{"name":"requestId","required":true,"transform":{"type":"scalar"},"locs":[{"a":183,"b":193}]}],"statement":"insert into administrative_acts (id, action, user_id, actor_kind, actor_id, operator, reason, request_id)\nvalues (:id!, :action!, :userId!, :actorKind!, :actorId, :operator, :reason, :requestId!)"};

/**
 * Query generated from SQL:
 * ```
 * insert into administrative_acts (id, action, user_id, actor_kind, actor_id, operator, reason, request_id)
 * values (:id!, :action!, :userId!, :actorKind!, :actorId, :operator, :reason, :requestId!)
 * ```
 */
export const insertAdministrativeAct = new PreparedQuery<InsertAdministrativeActParams,InsertAdministrativeActResult>(insertAdministrativeActIR);

/** 'ListAdministrativeActs' parameters type */
export interface ListAdministrativeActsParams {
  limit: number;
  userId: string;
}

/** 'ListAdministrativeActs' return type */
export interface ListAdministrativeActsResult {
  action: string;
  actor_id: string | null;
  actor_kind: string;
  at: Date;
  id: string;
  operator: string | null;
  reason: string | null;
  request_id: string;
  user_id: string;
}

const listAdministrativeActsIR: StatementSource = {"usedParamSet":{"userId":true,"limit":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":124,"b":131}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":156,"b":162}]}],"statement":"select id, at, action, user_id, actor_kind, actor_id, operator, reason, request_id\nfrom administrative_acts\nwhere user_id = :userId!\norder by id desc\nlimit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id, at, action, user_id, actor_kind, actor_id, operator, reason, request_id
 * from administrative_acts
 * where user_id = :userId!
 * order by id desc
 * limit :limit!
 * ```
 */
export const listAdministrativeActs = new PreparedQuery<ListAdministrativeActsParams,ListAdministrativeActsResult>(listAdministrativeActsIR);
