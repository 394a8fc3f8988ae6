/** Types generated for queries found in "queries/challenges.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

export type stringArray = (string)[];

/** 'InsertChallengeRequest' parameters type */
export interface InsertChallengeRequestParams {
  byHolder: boolean;
  email: string;
  id: string;
  maxWaiting: number;
  purpose: string;
  ttlMs: number;
  userId?: string | null | void;
}

/** 'InsertChallengeRequest' return type */
export interface InsertChallengeRequestResult {
  id: string;
}

const insertChallengeRequestIR: StatementSource = {"usedParamSet":{"id":true,"purpose":true,"userId":true,"email":true,"byHolder":true,"ttlMs":true,"maxWaiting":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":91,"b":94}]},{"name":"purpose","required":true,"transform":{"type":"scalar"},"locs":[{"a":103,"b":111}]},{"name":"userId","required":false,"transform":{"type":"scalar"},"locs":[{"a":114,"b":120}]},{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":129,"b":135}]},{"name":"byHolder","required":true,"transform":{"type":"scalar"},"locs":[{"a":138,"b":147}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":181,"b":187}]},{"name":"maxWaiting","required":true,"transform":{"type":"scalar"},"locs":[{"a":300,"b":311},{"a":336,"b":347}]}],"statement":"insert into challenge_requests (id, purpose, user_id, email, by_holder, expires_at)\nselect :id!::uuid, :purpose!, :userId::uuid, :email!, :byHolder!::boolean,\n  clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond'\nwhere (select count(*) from (select from challenge_requests limit :maxWaiting!::bigint) as waiting) < :maxWaiting!::bigint\nreturning id"};

/**
 * Query generated from SQL:
 * ```
 * insert into challenge_requests (id, purpose, user_id, email, by_holder, expires_at)
 * select :id!::uuid, :purpose!, :userId::uuid, :email!, :byHolder!::boolean,
 *   clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond'
 * where (select count(*) from (select from challenge_requests limit :maxWaiting!::bigint) as waiting) < :maxWaiting!::bigint
 * returning id
 * ```
 */
export const insertChallengeRequest = new PreparedQuery<InsertChallengeRequestParams,InsertChallengeRequestResult>(insertChallengeRequestIR);

/** 'FindChallengeRequest' parameters type */
export interface FindChallengeRequestParams {
  skipped: number;
}

/** 'FindChallengeRequest' return type */
export interface FindChallengeRequestResult {
  by_holder: boolean;
  email: string;
  id: string;
  purpose: string;
  user_id: string | null;
}

const findChallengeRequestIR: StatementSource = {"usedParamSet":{"skipped":true},"params":[{"name":"skipped","required":true,"transform":{"type":"scalar"},"locs":[{"a":134,"b":142}]}],"statement":"select id, purpose, user_id, email, by_holder\nfrom challenge_requests\nwhere expires_at > clock_timestamp()\norder by created_at\noffset :skipped!::bigint\nlimit 1\nfor update skip locked"};

/**
 * Query generated from SQL:
 * ```
 * select id, purpose, user_id, email, by_holder
 * from challenge_requests
 * where expires_at > clock_timestamp()
 * order by created_at
 * offset :skipped!::bigint
 * limit 1
 * for update skip locked
 * ```
 */
export const findChallengeRequest = new PreparedQuery<FindChallengeRequestParams,FindChallengeRequestResult>(findChallengeRequestIR);

/** 'LockChallengeRequest' parameters type */
export interface LockChallengeRequestParams {
  id: string;
}

/** 'LockChallengeRequest' return type */
export interface LockChallengeRequestResult {
  id: string;
}

const lockChallengeRequestIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":45,"b":48}]}],"statement":"select id from challenge_requests where id = :id!::uuid for update skip locked"};

/**
 * Query generated from SQL:
 * ```
 * select id from challenge_requests where id = :id!::uuid for update skip locked
 * ```
 */
export const lockChallengeRequest = new PreparedQuery<LockChallengeRequestParams,LockChallengeRequestResult>(lockChallengeRequestIR);

/** 'DeleteChallengeRequest' parameters type */
export interface DeleteChallengeRequestParams {
  id: string;
}

/** 'DeleteChallengeRequest' return type */
export type DeleteChallengeRequestResult = void;

const deleteChallengeRequestIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":42,"b":45}]}],"statement":"delete from challenge_requests where id = :id!::uuid"};

/**
 * Query generated from SQL:
 * ```
 * delete from challenge_requests where id = :id!::uuid
 * ```
 */
export const deleteChallengeRequest = new PreparedQuery<DeleteChallengeRequestParams,DeleteChallengeRequestResult>(deleteChallengeRequestIR);

/** 'DeleteExpiredChallengeRequests' parameters type */
export interface DeleteExpiredChallengeRequestsParams {
  limit: number;
}

/** 'DeleteExpiredChallengeRequests' return type */
export type DeleteExpiredChallengeRequestsResult = void;

const deleteExpiredChallengeRequestsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":125,"b":131}]}],"statement":"delete from challenge_requests\nwhere id in (\n  select id from challenge_requests where expires_at <= clock_timestamp() limit :limit!::integer for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from challenge_requests
 * where id in (
 *   select id from challenge_requests where expires_at <= clock_timestamp() limit :limit!::integer for update skip locked
 * )
 * ```
 */
export const deleteExpiredChallengeRequests = new PreparedQuery<DeleteExpiredChallengeRequestsParams,DeleteExpiredChallengeRequestsResult>(deleteExpiredChallengeRequestsIR);

/** 'DeleteSurplusChallenges' parameters type */
export interface DeleteSurplusChallengesParams {
  byHolder: boolean;
  keep: number;
  keepFirst: number;
  purpose: string;
  userId: string;
}

/** 'DeleteSurplusChallenges' return type */
export type DeleteSurplusChallengesResult = void;

const deleteSurplusChallengesIR: StatementSource = {"usedParamSet":{"userId":true,"purpose":true,"byHolder":true,"keepFirst":true,"keep":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":192,"b":199}]},{"name":"purpose","required":true,"transform":{"type":"scalar"},"locs":[{"a":221,"b":229}]},{"name":"byHolder","required":true,"transform":{"type":"scalar"},"locs":[{"a":247,"b":256}]},{"name":"keepFirst","required":true,"transform":{"type":"scalar"},"locs":[{"a":362,"b":372}]},{"name":"keep","required":true,"transform":{"type":"scalar"},"locs":[{"a":404,"b":409}]}],"statement":"delete from challenges\nwhere id in (\n  select id\n  from (\n    select id, row_number() over (order by created_at, id) as place, count(*) over () as live\n    from challenges\n    where user_id = :userId!::uuid and purpose = :purpose! and by_holder = :byHolder!::boolean and consumed_at is null\n      and expires_at > clock_timestamp()\n  ) as ranked\n  where place - :keepFirst!::integer between 1 and live - :keep!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from challenges
 * where id in (
 *   select id
 *   from (
 *     select id, row_number() over (order by created_at, id) as place, count(*) over () as live
 *     from challenges
 *     where user_id = :userId!::uuid and purpose = :purpose! and by_holder = :byHolder!::boolean and consumed_at is null
 *       and expires_at > clock_timestamp()
 *   ) as ranked
 *   where place - :keepFirst!::integer between 1 and live - :keep!::integer
 * )
 * ```
 */
export const deleteSurplusChallenges = new PreparedQuery<DeleteSurplusChallengesParams,DeleteSurplusChallengesResult>(deleteSurplusChallengesIR);

/** 'InsertChallenge' parameters type */
export interface InsertChallengeParams {
  byHolder: boolean;
  codeHmac?: Uint8Array | null | void;
  codeTtlMs?: number | null | void;
  email?: string | null | void;
  guessKey: Uint8Array;
  id: string;
  purpose: string;
  tokenHash: Uint8Array;
  ttlMs: number;
  userId?: string | null | void;
}

/** 'InsertChallenge' return type */
export type InsertChallengeResult = void;

const insertChallengeIR: StatementSource = {"usedParamSet":{"id":true,"purpose":true,"userId":true,"email":true,"byHolder":true,"tokenHash":true,"codeHmac":true,"guessKey":true,"codeTtlMs":true,"ttlMs":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":154,"b":157}]},{"name":"purpose","required":true,"transform":{"type":"scalar"},"locs":[{"a":166,"b":174},{"a":221,"b":229}]},{"name":"userId","required":false,"transform":{"type":"scalar"},"locs":[{"a":186,"b":192}]},{"name":"email","required":false,"transform":{"type":"scalar"},"locs":[{"a":201,"b":206}]},{"name":"byHolder","required":true,"transform":{"type":"scalar"},"locs":[{"a":209,"b":218}]},{"name":"tokenHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":250,"b":260}]},{"name":"codeHmac","required":false,"transform":{"type":"scalar"},"locs":[{"a":263,"b":271}]},{"name":"guessKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":274,"b":283}]},{"name":"codeTtlMs","required":false,"transform":{"type":"scalar"},"locs":[{"a":308,"b":317}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":387,"b":393}]}],"statement":"insert into challenges (id, purpose, user_id, email, by_holder, former_verified, token_hash, code_hmac, guess_key,\n  code_expires_at, expires_at)\nvalues (:id!::uuid, :purpose!::varchar, :userId::uuid, :email, :byHolder!, :purpose!::varchar = 'undo', :tokenHash!, :codeHmac, :guessKey!,\n  clock_timestamp() + :codeTtlMs::double precision * interval '1 millisecond',\n  clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond')"};

/**
 * Query generated from SQL:
 * ```
 * insert into challenges (id, purpose, user_id, email, by_holder, former_verified, token_hash, code_hmac, guess_key,
 *   code_expires_at, expires_at)
 * values (:id!::uuid, :purpose!::varchar, :userId::uuid, :email, :byHolder!, :purpose!::varchar = 'undo', :tokenHash!, :codeHmac, :guessKey!,
 *   clock_timestamp() + :codeTtlMs::double precision * interval '1 millisecond',
 *   clock_timestamp() + :ttlMs!::double precision * interval '1 millisecond')
 * ```
 */
export const insertChallenge = new PreparedQuery<InsertChallengeParams,InsertChallengeResult>(insertChallengeIR);

/** 'FindChallengeByToken' parameters type */
export interface FindChallengeByTokenParams {
  id: string;
  purpose: string;
  tokenHash: Uint8Array;
}

/** 'FindChallengeByToken' return type */
export interface FindChallengeByTokenResult {
  by_holder: boolean;
  email: string | null;
  id: string;
  user_id: string | null;
}

const findChallengeByTokenIR: StatementSource = {"usedParamSet":{"id":true,"purpose":true,"tokenHash":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":64,"b":67}]},{"name":"purpose","required":true,"transform":{"type":"scalar"},"locs":[{"a":89,"b":97}]},{"name":"tokenHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":116,"b":126}]}],"statement":"select id, user_id, email, by_holder\nfrom challenges\nwhere id = :id!::uuid and purpose = :purpose! and token_hash = :tokenHash! and (purpose <> 'undo' or former_verified)\n  and consumed_at is null and expires_at > clock_timestamp()"};

/**
 * Query generated from SQL:
 * ```
 * select id, user_id, email, by_holder
 * from challenges
 * where id = :id!::uuid and purpose = :purpose! and token_hash = :tokenHash! and (purpose <> 'undo' or former_verified)
 *   and consumed_at is null and expires_at > clock_timestamp()
 * ```
 */
export const findChallengeByToken = new PreparedQuery<FindChallengeByTokenParams,FindChallengeByTokenResult>(findChallengeByTokenIR);

/** 'CountChallengeGuess' parameters type */
export interface CountChallengeGuessParams {
  id: string;
  maxAttempts: number;
  purpose: string;
}

/** 'CountChallengeGuess' return type */
export interface CountChallengeGuessResult {
  by_holder: boolean;
  code_hmac: Buffer;
  email: string | null;
  guesses: number;
  id: string;
  user_id: string | null;
}

const countChallengeGuessIR: StatementSource = {"usedParamSet":{"id":true,"purpose":true,"maxAttempts":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":81,"b":84}]},{"name":"purpose","required":true,"transform":{"type":"scalar"},"locs":[{"a":106,"b":114}]},{"name":"maxAttempts","required":true,"transform":{"type":"scalar"},"locs":[{"a":225,"b":237}]}],"statement":"with guessed as (\n  update challenges\n  set attempts = attempts + 1\n  where id = :id!::uuid and purpose = :purpose! and consumed_at is null and code_hmac is not null\n    and code_expires_at > clock_timestamp() and attempts < :maxAttempts!::integer\n  returning id, user_id, email, by_holder, code_hmac, guess_key\n), counted as (\n  insert into challenge_guesses as window_of (guess_key, window_started_at, guesses)\n  select guess_key, clock_timestamp(), 1 from guessed\n  on conflict (guess_key) do update\n  set guesses = case when window_of.window_started_at > clock_timestamp() - interval '1 hour'\n      then window_of.guesses + 1 else 1 end,\n    window_started_at = case when window_of.window_started_at > clock_timestamp() - interval '1 hour'\n      then window_of.window_started_at else clock_timestamp() end\n  returning guesses\n)\nselect id, user_id, email, by_holder, code_hmac as \"code_hmac!\", guesses as \"guesses!\"\nfrom guessed, counted"};

/**
 * Query generated from SQL:
 * ```
 * with guessed as (
 *   update challenges
 *   set attempts = attempts + 1
 *   where id = :id!::uuid and purpose = :purpose! and consumed_at is null and code_hmac is not null
 *     and code_expires_at > clock_timestamp() and attempts < :maxAttempts!::integer
 *   returning id, user_id, email, by_holder, code_hmac, guess_key
 * ), counted as (
 *   insert into challenge_guesses as window_of (guess_key, window_started_at, guesses)
 *   select guess_key, clock_timestamp(), 1 from guessed
 *   on conflict (guess_key) do update
 *   set guesses = case when window_of.window_started_at > clock_timestamp() - interval '1 hour'
 *       then window_of.guesses + 1 else 1 end,
 *     window_started_at = case when window_of.window_started_at > clock_timestamp() - interval '1 hour'
 *       then window_of.window_started_at else clock_timestamp() end
 *   returning guesses
 * )
 * select id, user_id, email, by_holder, code_hmac as "code_hmac!", guesses as "guesses!"
 * from guessed, counted
 * ```
 */
export const countChallengeGuess = new PreparedQuery<CountChallengeGuessParams,CountChallengeGuessResult>(countChallengeGuessIR);

/** 'UpdateGuessesAfterRightCode' parameters type */
export interface UpdateGuessesAfterRightCodeParams {
  id: string;
}

/** 'UpdateGuessesAfterRightCode' return type */
export type UpdateGuessesAfterRightCodeResult = void;

const updateGuessesAfterRightCodeIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":80,"b":83}]}],"statement":"with right_code as (\n  update challenges set attempts = attempts - 1 where id = :id!::uuid and attempts > 0 returning guess_key\n)\nupdate challenge_guesses\nset guesses = challenge_guesses.guesses - 1\nfrom right_code\nwhere challenge_guesses.guess_key = right_code.guess_key and challenge_guesses.guesses > 0"};

/**
 * Query generated from SQL:
 * ```
 * with right_code as (
 *   update challenges set attempts = attempts - 1 where id = :id!::uuid and attempts > 0 returning guess_key
 * )
 * update challenge_guesses
 * set guesses = challenge_guesses.guesses - 1
 * from right_code
 * where challenge_guesses.guess_key = right_code.guess_key and challenge_guesses.guesses > 0
 * ```
 */
export const updateGuessesAfterRightCode = new PreparedQuery<UpdateGuessesAfterRightCodeParams,UpdateGuessesAfterRightCodeResult>(updateGuessesAfterRightCodeIR);

/** 'MarkChallengeConsumed' parameters type */
export interface MarkChallengeConsumedParams {
  id: string;
}

/** 'MarkChallengeConsumed' return type */
export type MarkChallengeConsumedResult = void;

const markChallengeConsumedIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":65,"b":68}]}],"statement":"update challenges\nset consumed_at = clock_timestamp()\nwhere id = :id!::uuid and consumed_at is null and expires_at > clock_timestamp()"};

/**
 * Query generated from SQL:
 * ```
 * update challenges
 * set consumed_at = clock_timestamp()
 * where id = :id!::uuid and consumed_at is null and expires_at > clock_timestamp()
 * ```
 */
export const markChallengeConsumed = new PreparedQuery<MarkChallengeConsumedParams,MarkChallengeConsumedResult>(markChallengeConsumedIR);

/** 'DeleteLiveChallenges' parameters type */
export interface DeleteLiveChallengesParams {
  purposes: stringArray;
  userId: string;
}

/** 'DeleteLiveChallenges' return type */
export type DeleteLiveChallengesResult = void;

const deleteLiveChallengesIR: StatementSource = {"usedParamSet":{"userId":true,"purposes":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":67,"b":74},{"a":161,"b":168}]},{"name":"purposes","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":109},{"a":194,"b":203}]}],"statement":"with waiting as (\n  delete from challenge_requests where user_id = :userId!::uuid and purpose = any(:purposes!::text[])\n)\ndelete from challenges\nwhere user_id = :userId!::uuid and purpose = any(:purposes!::text[]) and consumed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * with waiting as (
 *   delete from challenge_requests where user_id = :userId!::uuid and purpose = any(:purposes!::text[])
 * )
 * delete from challenges
 * where user_id = :userId!::uuid and purpose = any(:purposes!::text[]) and consumed_at is null
 * ```
 */
export const deleteLiveChallenges = new PreparedQuery<DeleteLiveChallengesParams,DeleteLiveChallengesResult>(deleteLiveChallengesIR);

/** 'UpdateLiveVerificationsToForeign' parameters type */
export interface UpdateLiveVerificationsToForeignParams {
  userId: string;
}

/** 'UpdateLiveVerificationsToForeign' return type */
export type UpdateLiveVerificationsToForeignResult = void;

const updateLiveVerificationsToForeignIR: StatementSource = {"usedParamSet":{"userId":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":56,"b":63}]}],"statement":"update challenges\nset by_holder = false\nwhere user_id = :userId!::uuid and purpose = 'verify' and by_holder and consumed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update challenges
 * set by_holder = false
 * where user_id = :userId!::uuid and purpose = 'verify' and by_holder and consumed_at is null
 * ```
 */
export const updateLiveVerificationsToForeign = new PreparedQuery<UpdateLiveVerificationsToForeignParams,UpdateLiveVerificationsToForeignResult>(updateLiveVerificationsToForeignIR);

/** 'FindFirstFormerAddress' parameters type */
export interface FindFirstFormerAddressParams {
  userId: string;
}

/** 'FindFirstFormerAddress' return type */
export interface FindFirstFormerAddressResult {
  email: string;
}

const findFirstFormerAddressIR: StatementSource = {"usedParamSet":{"userId":true},"params":[{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":57,"b":64}]}],"statement":"select email as \"email!\"\nfrom challenges\nwhere user_id = :userId!::uuid and purpose = 'undo' and former_verified and consumed_at is null\n  and expires_at > clock_timestamp()\norder by created_at, id\nlimit 1"};

/**
 * Query generated from SQL:
 * ```
 * select email as "email!"
 * from challenges
 * where user_id = :userId!::uuid and purpose = 'undo' and former_verified and consumed_at is null
 *   and expires_at > clock_timestamp()
 * order by created_at, id
 * limit 1
 * ```
 */
export const findFirstFormerAddress = new PreparedQuery<FindFirstFormerAddressParams,FindFirstFormerAddressResult>(findFirstFormerAddressIR);

/** 'FindReservedAddress' parameters type */
export interface FindReservedAddressParams {
  email: string;
  userId: string;
}

/** 'FindReservedAddress' return type */
export interface FindReservedAddressResult {
  id: string;
}

const findReservedAddressIR: StatementSource = {"usedParamSet":{"email":true,"userId":true},"params":[{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":40,"b":46}]},{"name":"userId","required":true,"transform":{"type":"scalar"},"locs":[{"a":165,"b":172}]}],"statement":"select id\nfrom challenges\nwhere email = :email! and purpose = 'undo' and former_verified and consumed_at is null\n  and expires_at > clock_timestamp() and user_id <> :userId!::uuid\nlimit 1"};

/**
 * Query generated from SQL:
 * ```
 * select id
 * from challenges
 * where email = :email! and purpose = 'undo' and former_verified and consumed_at is null
 *   and expires_at > clock_timestamp() and user_id <> :userId!::uuid
 * limit 1
 * ```
 */
export const findReservedAddress = new PreparedQuery<FindReservedAddressParams,FindReservedAddressResult>(findReservedAddressIR);

/** 'DeleteEndedChallenges' parameters type */
export interface DeleteEndedChallengesParams {
  keptMs: number;
  limit: number;
}

/** 'DeleteEndedChallenges' return type */
export type DeleteEndedChallengesResult = void;

const deleteEndedChallengesIR: StatementSource = {"usedParamSet":{"keptMs":true,"limit":true},"params":[{"name":"keptMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":108,"b":115}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":170,"b":176}]}],"statement":"delete from challenges\nwhere id in (\n  select id\n  from challenges\n  where expires_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from challenges
 * where id in (
 *   select id
 *   from challenges
 *   where expires_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
 *   limit :limit!::integer
 * )
 * ```
 */
export const deleteEndedChallenges = new PreparedQuery<DeleteEndedChallengesParams,DeleteEndedChallengesResult>(deleteEndedChallengesIR);

/** 'DeleteOldChallengeGuesses' parameters type */
export interface DeleteOldChallengeGuessesParams {
  limit: number;
}

/** 'DeleteOldChallengeGuesses' return type */
export type DeleteOldChallengeGuessesResult = void;

const deleteOldChallengeGuessesIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":169,"b":175}]}],"statement":"delete from challenge_guesses\nwhere guess_key in (\n  select guess_key\n  from challenge_guesses\n  where window_started_at < clock_timestamp() - interval '1 hour'\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from challenge_guesses
 * where guess_key in (
 *   select guess_key
 *   from challenge_guesses
 *   where window_started_at < clock_timestamp() - interval '1 hour'
 *   limit :limit!::integer
 * )
 * ```
 */
export const deleteOldChallengeGuesses = new PreparedQuery<DeleteOldChallengeGuessesParams,DeleteOldChallengeGuessesResult>(deleteOldChallengeGuessesIR);

/** 'UpdateChallengeSends' parameters type */
export interface UpdateChallengeSendsParams {
  addressKey: Uint8Array;
  maxPerDay: number;
  maxPerQuarterHour: number;
}

/** 'UpdateChallengeSends' return type */
export interface UpdateChallengeSendsResult {
  address_key: Buffer;
}

const updateChallengeSendsIR: StatementSource = {"usedParamSet":{"addressKey":true,"maxPerQuarterHour":true,"maxPerDay":true},"params":[{"name":"addressKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":82,"b":93}]},{"name":"maxPerQuarterHour","required":true,"transform":{"type":"scalar"},"locs":[{"a":526,"b":544}]},{"name":"maxPerDay","required":true,"transform":{"type":"scalar"},"locs":[{"a":679,"b":689}]}],"statement":"insert into challenge_sends as sends (address_key, sent_at, last_sent_at)\nvalues (:addressKey!, array[clock_timestamp()], clock_timestamp())\non conflict (address_key) do update\nset sent_at = array(\n      select earlier from unnest(sends.sent_at) as earlier\n      where earlier > clock_timestamp() - interval '1 day' order by earlier\n    ) || clock_timestamp(),\n  last_sent_at = clock_timestamp()\nwhere (\n    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '15 minutes'\n  ) < :maxPerQuarterHour!::bigint\n  and (\n    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '1 day'\n  ) < :maxPerDay!::bigint\nreturning address_key"};

/**
 * Query generated from SQL:
 * ```
 * insert into challenge_sends as sends (address_key, sent_at, last_sent_at)
 * values (:addressKey!, array[clock_timestamp()], clock_timestamp())
 * on conflict (address_key) do update
 * set sent_at = array(
 *       select earlier from unnest(sends.sent_at) as earlier
 *       where earlier > clock_timestamp() - interval '1 day' order by earlier
 *     ) || clock_timestamp(),
 *   last_sent_at = clock_timestamp()
 * where (
 *     select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '15 minutes'
 *   ) < :maxPerQuarterHour!::bigint
 *   and (
 *     select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '1 day'
 *   ) < :maxPerDay!::bigint
 * returning address_key
 * ```
 */
export const updateChallengeSends = new PreparedQuery<UpdateChallengeSendsParams,UpdateChallengeSendsResult>(updateChallengeSendsIR);

/** 'FindChallengeSendsLeft' parameters type */
export interface FindChallengeSendsLeftParams {
  addressKey: Uint8Array;
  maxPerDay: number;
  maxPerQuarterHour: number;
}

/** 'FindChallengeSendsLeft' return type */
export interface FindChallengeSendsLeftResult {
  has_left: boolean;
}

const findChallengeSendsLeftIR: StatementSource = {"usedParamSet":{"maxPerQuarterHour":true,"maxPerDay":true,"addressKey":true},"params":[{"name":"maxPerQuarterHour","required":true,"transform":{"type":"scalar"},"locs":[{"a":131,"b":149}]},{"name":"maxPerDay","required":true,"transform":{"type":"scalar"},"locs":[{"a":284,"b":294}]},{"name":"addressKey","required":true,"transform":{"type":"scalar"},"locs":[{"a":369,"b":380}]}],"statement":"select (\n    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '15 minutes'\n  ) < :maxPerQuarterHour!::bigint\n  and (\n    select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '1 day'\n  ) < :maxPerDay!::bigint as \"has_left!\"\nfrom challenge_sends as sends\nwhere address_key = :addressKey!"};

/**
 * Query generated from SQL:
 * ```
 * select (
 *     select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '15 minutes'
 *   ) < :maxPerQuarterHour!::bigint
 *   and (
 *     select count(*) from unnest(sends.sent_at) as earlier where earlier > clock_timestamp() - interval '1 day'
 *   ) < :maxPerDay!::bigint as "has_left!"
 * from challenge_sends as sends
 * where address_key = :addressKey!
 * ```
 */
export const findChallengeSendsLeft = new PreparedQuery<FindChallengeSendsLeftParams,FindChallengeSendsLeftResult>(findChallengeSendsLeftIR);

/** 'DeleteOldChallengeSends' parameters type */
export interface DeleteOldChallengeSendsParams {
  limit: number;
}

/** 'DeleteOldChallengeSends' return type */
export type DeleteOldChallengeSendsResult = void;

const deleteOldChallengeSendsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":163,"b":169}]}],"statement":"delete from challenge_sends\nwhere address_key in (\n  select address_key\n  from challenge_sends\n  where last_sent_at < clock_timestamp() - interval '1 day'\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from challenge_sends
 * where address_key in (
 *   select address_key
 *   from challenge_sends
 *   where last_sent_at < clock_timestamp() - interval '1 day'
 *   limit :limit!::integer
 * )
 * ```
 */
export const deleteOldChallengeSends = new PreparedQuery<DeleteOldChallengeSendsParams,DeleteOldChallengeSendsResult>(deleteOldChallengeSendsIR);

/** 'ReadChallengeRequestBacklog' parameters type */
export type ReadChallengeRequestBacklogParams = void;

/** 'ReadChallengeRequestBacklog' return type */
export interface ReadChallengeRequestBacklogResult {
  oldest_age_ms: number;
  waiting: number;
}

const readChallengeRequestBacklogIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select count(*)::integer as \"waiting!\",\n  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as \"oldest_age_ms!\"\nfrom (select created_at from challenge_requests where expires_at > clock_timestamp() order by created_at limit 10000) as waiting"};

/**
 * Query generated from SQL:
 * ```
 * select count(*)::integer as "waiting!",
 *   (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_age_ms!"
 * from (select created_at from challenge_requests where expires_at > clock_timestamp() order by created_at limit 10000) as waiting
 * ```
 */
export const readChallengeRequestBacklog = new PreparedQuery<ReadChallengeRequestBacklogParams,ReadChallengeRequestBacklogResult>(readChallengeRequestBacklogIR);
