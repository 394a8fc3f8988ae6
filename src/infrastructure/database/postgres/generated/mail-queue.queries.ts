/** Types generated for queries found in "queries/mail-queue.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'InsertMails' parameters type */
export interface InsertMailsParams {
  mails: string;
}

/** 'InsertMails' return type */
export type InsertMailsResult = void;

const insertMailsIR: StatementSource = {"usedParamSet":{"mails":true},"params":[{"name":"mails","required":true,"transform":{"type":"scalar"},"locs":[{"a":168,"b":174}]}],"statement":"insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at)\nselect id, user_id, kind, recipient, subject, body, created_at\nfrom jsonb_to_recordset(:mails!::jsonb) as mail (\n  id uuid, user_id uuid, kind text, recipient text, subject text, body text, created_at timestamptz\n)"};

/**
 * Query generated from SQL:
 * ```
 * insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at)
 * select id, user_id, kind, recipient, subject, body, created_at
 * from jsonb_to_recordset(:mails!::jsonb) as mail (
 *   id uuid, user_id uuid, kind text, recipient text, subject text, body text, created_at timestamptz
 * )
 * ```
 */
export const insertMails = new PreparedQuery<InsertMailsParams,InsertMailsResult>(insertMailsIR);

/** 'ClaimMails' parameters type */
export interface ClaimMailsParams {
  host: string;
  leaseMs: number;
  limit: number;
}

/** 'ClaimMails' return type */
export interface ClaimMailsResult {
  attempts: number;
  body: string;
  id: string;
  kind: string;
  message_id: string;
  recipient: string;
  subject: string;
  user_id: string;
}

const claimMailsIR: StatementSource = {"usedParamSet":{"limit":true,"leaseMs":true,"host":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":179,"b":185}]},{"name":"leaseMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":310,"b":318}]},{"name":"host","required":true,"transform":{"type":"scalar"},"locs":[{"a":432,"b":437}]}],"statement":"with due as materialized (\n  select id\n  from mail_queue\n  where sent_at is null and failed_at is null and next_attempt_at <= clock_timestamp()\n  order by next_attempt_at\n  limit :limit!::integer\n  for update skip locked\n)\nupdate mail_queue\nset attempts = attempts + 1,\n  next_attempt_at = clock_timestamp() + :leaseMs!::double precision * interval '1 millisecond',\n  message_id = coalesce(message_id, mail_queue.id::text || '@' || :host!::text)\nfrom due\nwhere mail_queue.id = due.id\nreturning mail_queue.id, user_id, kind, recipient, subject, body, message_id as \"message_id!\", attempts"};

/**
 * Query generated from SQL:
 * ```
 * with due as materialized (
 *   select id
 *   from mail_queue
 *   where sent_at is null and failed_at is null and next_attempt_at <= clock_timestamp()
 *   order by next_attempt_at
 *   limit :limit!::integer
 *   for update skip locked
 * )
 * update mail_queue
 * set attempts = attempts + 1,
 *   next_attempt_at = clock_timestamp() + :leaseMs!::double precision * interval '1 millisecond',
 *   message_id = coalesce(message_id, mail_queue.id::text || '@' || :host!::text)
 * from due
 * where mail_queue.id = due.id
 * returning mail_queue.id, user_id, kind, recipient, subject, body, message_id as "message_id!", attempts
 * ```
 */
export const claimMails = new PreparedQuery<ClaimMailsParams,ClaimMailsResult>(claimMailsIR);

/** 'MarkMailSent' parameters type */
export interface MarkMailSentParams {
  attempt: number;
  id: string;
}

/** 'MarkMailSent' return type */
export type MarkMailSentResult = void;

const markMailSentIR: StatementSource = {"usedParamSet":{"id":true,"attempt":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":91,"b":94}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":111,"b":119}]}],"statement":"update mail_queue\nset sent_at = clock_timestamp(), last_error = null, body = ''\nwhere id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set sent_at = clock_timestamp(), last_error = null, body = ''
 * where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
 * ```
 */
export const markMailSent = new PreparedQuery<MarkMailSentParams,MarkMailSentResult>(markMailSentIR);

/** 'RescheduleMail' parameters type */
export interface RescheduleMailParams {
  attempt: number;
  delayMs: number;
  error: string;
  id: string;
}

/** 'RescheduleMail' return type */
export type RescheduleMailResult = void;

const rescheduleMailIR: StatementSource = {"usedParamSet":{"delayMs":true,"error":true,"id":true,"attempt":true},"params":[{"name":"delayMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":60,"b":68}]},{"name":"error","required":true,"transform":{"type":"scalar"},"locs":[{"a":136,"b":142}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":161,"b":164}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":181,"b":189}]}],"statement":"update mail_queue\nset next_attempt_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',\n  last_error = left(:error!, 300)\nwhere id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set next_attempt_at = clock_timestamp() + :delayMs!::double precision * interval '1 millisecond',
 *   last_error = left(:error!, 300)
 * where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
 * ```
 */
export const rescheduleMail = new PreparedQuery<RescheduleMailParams,RescheduleMailResult>(rescheduleMailIR);

/** 'MarkMailDead' parameters type */
export interface MarkMailDeadParams {
  attempt: number;
  error: string;
  id: string;
}

/** 'MarkMailDead' return type */
export type MarkMailDeadResult = void;

const markMailDeadIR: StatementSource = {"usedParamSet":{"error":true,"id":true,"attempt":true},"params":[{"name":"error","required":true,"transform":{"type":"scalar"},"locs":[{"a":71,"b":77}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":96,"b":99}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":116,"b":124}]}],"statement":"update mail_queue\nset failed_at = clock_timestamp(), last_error = left(:error!, 300)\nwhere id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set failed_at = clock_timestamp(), last_error = left(:error!, 300)
 * where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
 * ```
 */
export const markMailDead = new PreparedQuery<MarkMailDeadParams,MarkMailDeadResult>(markMailDeadIR);

/** 'ListDeadMails' parameters type */
export interface ListDeadMailsParams {
  limit: number;
}

/** 'ListDeadMails' return type */
export interface ListDeadMailsResult {
  attempts: number;
  created_at: Date;
  failed_at: Date;
  id: string;
  kind: string;
  last_error: string | null;
}

const listDeadMailsIR: StatementSource = {"usedParamSet":{"limit":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":169,"b":175}]}],"statement":"select id, kind, created_at, failed_at as \"failed_at!\", attempts, last_error\nfrom mail_queue\nwhere failed_at is not null\norder by coalesce(sent_at, failed_at), id\nlimit :limit!::integer"};

/**
 * Query generated from SQL:
 * ```
 * select id, kind, created_at, failed_at as "failed_at!", attempts, last_error
 * from mail_queue
 * where failed_at is not null
 * order by coalesce(sent_at, failed_at), id
 * limit :limit!::integer
 * ```
 */
export const listDeadMails = new PreparedQuery<ListDeadMailsParams,ListDeadMailsResult>(listDeadMailsIR);

/** 'RequeueDeadMails' parameters type */
export interface RequeueDeadMailsParams {
  id?: string | null | void;
}

/** 'RequeueDeadMails' return type */
export type RequeueDeadMailsResult = void;

const requeueDeadMailsIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":false,"transform":{"type":"scalar"},"locs":[{"a":123,"b":125},{"a":149,"b":151}]}],"statement":"update mail_queue\nset failed_at = null, attempts = 0, next_attempt_at = clock_timestamp()\nwhere failed_at is not null and (:id::uuid is null or id = :id::uuid)"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set failed_at = null, attempts = 0, next_attempt_at = clock_timestamp()
 * where failed_at is not null and (:id::uuid is null or id = :id::uuid)
 * ```
 */
export const requeueDeadMails = new PreparedQuery<RequeueDeadMailsParams,RequeueDeadMailsResult>(requeueDeadMailsIR);

/** 'DeleteDeadMail' parameters type */
export interface DeleteDeadMailParams {
  id: string;
}

/** 'DeleteDeadMail' return type */
export type DeleteDeadMailResult = void;

const deleteDeadMailIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":60,"b":63}]}],"statement":"delete from mail_queue where failed_at is not null and id = :id!::uuid"};

/**
 * Query generated from SQL:
 * ```
 * delete from mail_queue where failed_at is not null and id = :id!::uuid
 * ```
 */
export const deleteDeadMail = new PreparedQuery<DeleteDeadMailParams,DeleteDeadMailResult>(deleteDeadMailIR);

/** 'DeleteEndedMails' parameters type */
export interface DeleteEndedMailsParams {
  keptMs: number;
  limit: number;
}

/** 'DeleteEndedMails' return type */
export type DeleteEndedMailsResult = void;

const deleteEndedMailsIR: StatementSource = {"usedParamSet":{"keptMs":true,"limit":true},"params":[{"name":"keptMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":169,"b":176}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":231,"b":237}]}],"statement":"delete from mail_queue\nwhere id in (\n  select id\n  from mail_queue\n  where (sent_at is not null or failed_at is not null)\n    and coalesce(sent_at, failed_at) < now() - :keptMs!::double precision * interval '1 millisecond'\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from mail_queue
 * where id in (
 *   select id
 *   from mail_queue
 *   where (sent_at is not null or failed_at is not null)
 *     and coalesce(sent_at, failed_at) < now() - :keptMs!::double precision * interval '1 millisecond'
 *   limit :limit!::integer
 * )
 * ```
 */
export const deleteEndedMails = new PreparedQuery<DeleteEndedMailsParams,DeleteEndedMailsResult>(deleteEndedMailsIR);

/** 'ReadMailBacklog' parameters type */
export type ReadMailBacklogParams = void;

/** 'ReadMailBacklog' return type */
export interface ReadMailBacklogResult {
  oldest_age_ms: number;
  waiting: number;
}

const readMailBacklogIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select count(*)::integer as \"waiting!\",\n  (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as \"oldest_age_ms!\"\nfrom (\n  select created_at\n  from mail_queue\n  where sent_at is null and failed_at is null\n  limit 10000\n) as waiting"};

/**
 * Query generated from SQL:
 * ```
 * select count(*)::integer as "waiting!",
 *   (coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0) * 1000)::double precision as "oldest_age_ms!"
 * from (
 *   select created_at
 *   from mail_queue
 *   where sent_at is null and failed_at is null
 *   limit 10000
 * ) as waiting
 * ```
 */
export const readMailBacklog = new PreparedQuery<ReadMailBacklogParams,ReadMailBacklogResult>(readMailBacklogIR);
