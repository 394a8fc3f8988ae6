/** Types generated for queries found in "queries/user-search.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'FoldSearchText' parameters type */
export interface FoldSearchTextParams {
  text: string;
}

/** 'FoldSearchText' return type */
export interface FoldSearchTextResult {
  folded: string;
}

const foldSearchTextIR: StatementSource = {"usedParamSet":{"text":true},"params":[{"name":"text","required":true,"transform":{"type":"scalar"},"locs":[{"a":23,"b":28}]}],"statement":"select fold_for_search(:text!) as \"folded!\""};

/**
 * Query generated from SQL:
 * ```
 * select fold_for_search(:text!) as "folded!"
 * ```
 */
export const foldSearchText = new PreparedQuery<FoldSearchTextParams,FoldSearchTextResult>(foldSearchTextIR);

/** 'WalkUserSearch' parameters type */
export interface WalkUserSearchParams {
  afterId: string;
  matches: number;
  pattern: string;
  rows: number;
}

/** 'WalkUserSearch' return type */
export interface WalkUserSearchResult {
  matches: boolean;
  number: string;
  user_id: string;
}

const walkUserSearchIR: StatementSource = {"usedParamSet":{"pattern":true,"afterId":true,"rows":true,"matches":true},"params":[{"name":"pattern","required":true,"transform":{"type":"scalar"},"locs":[{"a":51,"b":59},{"a":270,"b":278}]},{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":194,"b":202}]},{"name":"rows","required":true,"transform":{"type":"scalar"},"locs":[{"a":231,"b":236},{"a":292,"b":297}]},{"name":"matches","required":true,"transform":{"type":"scalar"},"locs":[{"a":322,"b":330}]}],"statement":"select user_id, number as \"number!\", searched like :pattern! as \"matches!\"\nfrom (\n  select user_id, searched, row_number() over (order by user_id) as number\n  from user_search\n  where user_id > :afterId!\n  order by user_id\n  limit :rows!\n) as walked\nwhere searched like :pattern! or number = :rows!\norder by user_id\nlimit :matches!"};

/**
 * Query generated from SQL:
 * ```
 * select user_id, number as "number!", searched like :pattern! as "matches!"
 * from (
 *   select user_id, searched, row_number() over (order by user_id) as number
 *   from user_search
 *   where user_id > :afterId!
 *   order by user_id
 *   limit :rows!
 * ) as walked
 * where searched like :pattern! or number = :rows!
 * order by user_id
 * limit :matches!
 * ```
 */
export const walkUserSearch = new PreparedQuery<WalkUserSearchParams,WalkUserSearchResult>(walkUserSearchIR);

/** 'FindRarestSearchTokens' parameters type */
export interface FindRarestSearchTokensParams {
  rarest: number;
  tokens: stringArray;
}

/** 'FindRarestSearchTokens' return type */
export interface FindRarestSearchTokensResult {
  entries: number;
  token: string;
}

const findRarestSearchTokensIR: StatementSource = {"usedParamSet":{"tokens":true,"rarest":true},"params":[{"name":"tokens","required":true,"transform":{"type":"scalar"},"locs":[{"a":594,"b":601}]},{"name":"rarest","required":true,"transform":{"type":"scalar"},"locs":[{"a":638,"b":645}]}],"statement":"with size as (\n  select greatest(reltuples, 0)::float8 as rows, greatest(relpages, 1) as pages\n  from pg_class where oid = 'user_search'::regclass\n), sample as materialized (\n  select searched from user_search\n  where ctid = any (array(\n    select format('(%s,%s)', floor(random() * pages)::bigint, 1 + floor(random() * ceil(rows / pages))::integer)::tid\n    from size, generate_series(1, 200)\n  ))\n)\nselect token as \"token!\",\n  (select rows from size) * (select count(*) from sample where strpos(searched, token) > 0)\n    / greatest((select count(*) from sample), 1) as \"entries!\"\nfrom unnest(:tokens!::text[]) as token\norder by 2\nlimit :rarest!"};

/**
 * Query generated from SQL:
 * ```
 * with size as (
 *   select greatest(reltuples, 0)::float8 as rows, greatest(relpages, 1) as pages
 *   from pg_class where oid = 'user_search'::regclass
 * ), sample as materialized (
 *   select searched from user_search
 *   where ctid = any (array(
 *     select format('(%s,%s)', floor(random() * pages)::bigint, 1 + floor(random() * ceil(rows / pages))::integer)::tid
 *     from size, generate_series(1, 200)
 *   ))
 * )
 * select token as "token!",
 *   (select rows from size) * (select count(*) from sample where strpos(searched, token) > 0)
 *     / greatest((select count(*) from sample), 1) as "entries!"
 * from unnest(:tokens!::text[]) as token
 * order by 2
 * limit :rarest!
 * ```
 */
export const findRarestSearchTokens = new PreparedQuery<FindRarestSearchTokensParams,FindRarestSearchTokensResult>(findRarestSearchTokensIR);

/** 'FindUserSearchCandidates' parameters type */
export interface FindUserSearchCandidatesParams {
  afterId: string;
  candidates: number;
  matches: number;
  pattern: string;
  tokens: stringArray;
}

/** 'FindUserSearchCandidates' return type */
export interface FindUserSearchCandidatesResult {
  candidates: string;
  ids: stringArray;
}

const findUserSearchCandidatesIR: StatementSource = {"usedParamSet":{"tokens":true,"candidates":true,"pattern":true,"afterId":true,"matches":true},"params":[{"name":"tokens","required":true,"transform":{"type":"scalar"},"locs":[{"a":125,"b":132}]},{"name":"candidates","required":true,"transform":{"type":"scalar"},"locs":[{"a":150,"b":161}]},{"name":"pattern","required":true,"transform":{"type":"scalar"},"locs":[{"a":286,"b":294}]},{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":310,"b":318}]},{"name":"matches","required":true,"transform":{"type":"scalar"},"locs":[{"a":347,"b":355}]}],"statement":"with candidates as materialized (\n  select user_id, searched from user_search\n  where search_tokens(searched) collate \"C\" @> :tokens!::text[]\n  limit :candidates!\n)\nselect (select count(*) from candidates) as \"candidates!\", array(\n  select user_id from candidates\n  where searched like :pattern! and user_id > :afterId!\n  order by user_id\n  limit :matches!\n) as \"ids!\""};

/**
 * Query generated from SQL:
 * ```
 * with candidates as materialized (
 *   select user_id, searched from user_search
 *   where search_tokens(searched) collate "C" @> :tokens!::text[]
 *   limit :candidates!
 * )
 * select (select count(*) from candidates) as "candidates!", array(
 *   select user_id from candidates
 *   where searched like :pattern! and user_id > :afterId!
 *   order by user_id
 *   limit :matches!
 * ) as "ids!"
 * ```
 */
export const findUserSearchCandidates = new PreparedQuery<FindUserSearchCandidatesParams,FindUserSearchCandidatesResult>(findUserSearchCandidatesIR);
