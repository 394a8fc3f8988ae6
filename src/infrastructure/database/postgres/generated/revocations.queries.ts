/** Types generated for queries found in "queries/revocations.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'UpdateUnnumberedRevocations' parameters type */
export interface UpdateUnnumberedRevocationsParams {
  limit: number;
}

/** 'UpdateUnnumberedRevocations' return type */
export interface UpdateUnnumberedRevocationsResult {
  newest: number;
  numbered: number;
}

const updateUnnumberedRevocationsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":84,"b":90}]}],"statement":"select numbered as \"numbered!\", newest::float8 as \"newest!\" from number_revocations(:limit!::integer)"};

/**
 * Query generated from SQL:
 * ```
 * select numbered as "numbered!", newest::float8 as "newest!" from number_revocations(:limit!::integer)
 * ```
 */
export const updateUnnumberedRevocations = new PreparedQuery<UpdateUnnumberedRevocationsParams,UpdateUnnumberedRevocationsResult>(updateUnnumberedRevocationsIR);

/** 'ListRevocations' parameters type */
export interface ListRevocationsParams {
  after: number;
  lifeMs: number;
  limit: number;
  through?: number | null | void;
}

/** 'ListRevocations' return type */
export interface ListRevocationsResult {
  after_id: string | null;
  id: string | null;
  kind: string | null;
  last_id: string | null;
  last_sequence: number;
  not_before: number | null;
  sequence: number | null;
  user_id: string | null;
}

const listRevocationsIR: StatementSource = {"usedParamSet":{"after":true,"through":true,"lifeMs":true,"limit":true},"params":[{"name":"after","required":true,"transform":{"type":"scalar"},"locs":[{"a":135,"b":141},{"a":248,"b":254},{"a":834,"b":840}]},{"name":"through","required":false,"transform":{"type":"scalar"},"locs":[{"a":855,"b":862},{"a":895,"b":902}]},{"name":"lifeMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":942,"b":949}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":1034,"b":1040}]}],"statement":"select counter.last_sequence::float8 as \"last_sequence!\", counter.last_event_id as \"last_id?\",\n  case\n    when counter.last_sequence = :after!::bigint then counter.last_event_id\n    else (select session_id from session_revocations where sequence = :after!::bigint)\n  end as \"after_id?\",\n  entry.session_id as \"id?\", entry.sequence::float8 as \"sequence?\", entry.kind as \"kind?\", entry.user_id as \"user_id?\",\n  entry.not_before as \"not_before?\"\nfrom (\n  select coalesce(max(last_sequence), 0) as last_sequence, (array_agg(last_event_id))[1] as last_event_id\n  from event_counter\n  where name = 'revocations'\n) counter\nleft join lateral (\n  select session_id, sequence::float8 as sequence, kind, user_id,\n    coalesce(not_before, floor(extract(epoch from revoked_at)))::float8 as not_before\n  from session_revocations\n  where sequence > :after!::bigint and (:through::bigint is null or sequence <= :through::bigint)\n    and revoked_at > now() - :lifeMs!::float8 * interval '1 millisecond'\n  order by session_revocations.sequence\n  limit :limit!::integer\n) entry on true\norder by entry.sequence"};

/**
 * Query generated from SQL:
 * ```
 * select counter.last_sequence::float8 as "last_sequence!", counter.last_event_id as "last_id?",
 *   case
 *     when counter.last_sequence = :after!::bigint then counter.last_event_id
 *     else (select session_id from session_revocations where sequence = :after!::bigint)
 *   end as "after_id?",
 *   entry.session_id as "id?", entry.sequence::float8 as "sequence?", entry.kind as "kind?", entry.user_id as "user_id?",
 *   entry.not_before as "not_before?"
 * from (
 *   select coalesce(max(last_sequence), 0) as last_sequence, (array_agg(last_event_id))[1] as last_event_id
 *   from event_counter
 *   where name = 'revocations'
 * ) counter
 * left join lateral (
 *   select session_id, sequence::float8 as sequence, kind, user_id,
 *     coalesce(not_before, floor(extract(epoch from revoked_at)))::float8 as not_before
 *   from session_revocations
 *   where sequence > :after!::bigint and (:through::bigint is null or sequence <= :through::bigint)
 *     and revoked_at > now() - :lifeMs!::float8 * interval '1 millisecond'
 *   order by session_revocations.sequence
 *   limit :limit!::integer
 * ) entry on true
 * order by entry.sequence
 * ```
 */
export const listRevocations = new PreparedQuery<ListRevocationsParams,ListRevocationsResult>(listRevocationsIR);
