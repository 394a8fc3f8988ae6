/** Types generated for queries found in "queries/outbox.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'InsertEvents' parameters type */
export interface InsertEventsParams {
  events: string;
}

/** 'InsertEvents' return type */
export type InsertEventsResult = void;

const insertEventsIR: StatementSource = {"usedParamSet":{"events":true},"params":[{"name":"events","required":true,"transform":{"type":"scalar"},"locs":[{"a":192,"b":199}]}],"statement":"insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)\nselect id, user_id, user_version, type, data, request_id, occurred_at\nfrom rows from (\n  jsonb_to_recordset(:events!::jsonb) as (\n    id uuid, user_id uuid, user_version integer, type text, data jsonb, request_id text, occurred_at timestamptz\n  )\n) with ordinality as event (id, user_id, user_version, type, data, request_id, occurred_at, number)\norder by number"};

/**
 * Query generated from SQL:
 * ```
 * insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
 * select id, user_id, user_version, type, data, request_id, occurred_at
 * from rows from (
 *   jsonb_to_recordset(:events!::jsonb) as (
 *     id uuid, user_id uuid, user_version integer, type text, data jsonb, request_id text, occurred_at timestamptz
 *   )
 * ) with ordinality as event (id, user_id, user_version, type, data, request_id, occurred_at, number)
 * order by number
 * ```
 */
export const insertEvents = new PreparedQuery<InsertEventsParams,InsertEventsResult>(insertEventsIR);
