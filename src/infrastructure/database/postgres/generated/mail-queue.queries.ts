/** Types generated for queries found in "queries/mail-queue.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'InsertMails' parameters type */
export interface InsertMailsParams {
  mails: string;
}

/** 'InsertMails' return type */
export type InsertMailsResult = void;

const insertMailsIR: StatementSource = {"usedParamSet":{"mails":true},"params":[{"name":"mails","required":true,"transform":{"type":"scalar"},"locs":[{"a":348,"b":354}]}],"statement":"insert into mail_queue (\n  id, user_id, kind, recipient, mailbox, locale, sealed_content, subject, body, created_at, expires_at, due_at\n)\nselect id, user_id, kind, recipient, mailbox, locale, sealed_content, '', '', created_at, expires_at,\n  clock_timestamp() - case when notice then interval '1 hour' else interval '0' end\nfrom jsonb_to_recordset(:mails!::jsonb) as mail (\n  id uuid, user_id uuid, kind text, recipient text, mailbox text, locale text, sealed_content bytea,\n  created_at timestamptz, expires_at timestamptz, notice boolean\n)"};

/**
 * Query generated from SQL:
 * ```
 * insert into mail_queue (
 *   id, user_id, kind, recipient, mailbox, locale, sealed_content, subject, body, created_at, expires_at, due_at
 * )
 * select id, user_id, kind, recipient, mailbox, locale, sealed_content, '', '', created_at, expires_at,
 *   clock_timestamp() - case when notice then interval '1 hour' else interval '0' end
 * from jsonb_to_recordset(:mails!::jsonb) as mail (
 *   id uuid, user_id uuid, kind text, recipient text, mailbox text, locale text, sealed_content bytea,
 *   created_at timestamptz, expires_at timestamptz, notice boolean
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
  admitted: boolean;
  attempts: number;
  body: string;
  expired: boolean;
  id: string;
  is_text: boolean;
  kind: string;
  locale: string | null;
  message_id: string;
  recipient: string;
  sealed_content: Buffer | null;
  subject: string;
  user_id: string | null;
}

const claimMailsIR: StatementSource = {"usedParamSet":{"limit":true,"leaseMs":true,"host":true},"params":[{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":215,"b":221}]},{"name":"leaseMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":300,"b":308}]},{"name":"host","required":true,"transform":{"type":"scalar"},"locs":[{"a":580,"b":585}]}],"statement":"with due as materialized (\n  select id\n  from mail_queue\n  where sent_at is null and failed_at is null and coalesce(due_at, next_attempt_at) <= clock_timestamp()\n  order by coalesce(due_at, next_attempt_at)\n  limit :limit!::integer\n  for update skip locked\n), lease as (\n  select clock_timestamp() + :leaseMs!::double precision * interval '1 millisecond' as ends_at\n)\nupdate mail_queue\nset attempts = attempts + 1,\n  next_attempt_at = lease.ends_at,\n  due_at = case when due_at is not null then lease.ends_at end,\n  message_id = coalesce(message_id, mail_queue.id::text || '@' || :host!::text)\nfrom due, lease\nwhere mail_queue.id = due.id\nreturning mail_queue.id, user_id, kind, recipient, subject, body, locale, sealed_content,\n  message_id as \"message_id!\", attempts, due_at is null as \"is_text!\",\n  coalesce(expires_at <= clock_timestamp(), false) as \"expired!\",\n  (admitted_at is not null or due_at is null) as \"admitted!\""};

/**
 * Query generated from SQL:
 * ```
 * with due as materialized (
 *   select id
 *   from mail_queue
 *   where sent_at is null and failed_at is null and coalesce(due_at, next_attempt_at) <= clock_timestamp()
 *   order by coalesce(due_at, next_attempt_at)
 *   limit :limit!::integer
 *   for update skip locked
 * ), lease as (
 *   select clock_timestamp() + :leaseMs!::double precision * interval '1 millisecond' as ends_at
 * )
 * update mail_queue
 * set attempts = attempts + 1,
 *   next_attempt_at = lease.ends_at,
 *   due_at = case when due_at is not null then lease.ends_at end,
 *   message_id = coalesce(message_id, mail_queue.id::text || '@' || :host!::text)
 * from due, lease
 * where mail_queue.id = due.id
 * returning mail_queue.id, user_id, kind, recipient, subject, body, locale, sealed_content,
 *   message_id as "message_id!", attempts, due_at is null as "is_text!",
 *   coalesce(expires_at <= clock_timestamp(), false) as "expired!",
 *   (admitted_at is not null or due_at is null) as "admitted!"
 * ```
 */
export const claimMails = new PreparedQuery<ClaimMailsParams,ClaimMailsResult>(claimMailsIR);

/** 'MarkMailAdmitted' parameters type */
export interface MarkMailAdmittedParams {
  attempt: number;
  id: string;
  mailboxPerDay: number;
  mailboxPerHour: number;
  servicePerHour: number;
}

/** 'MarkMailAdmitted' return type */
export interface MarkMailAdmittedResult {
  admitted: boolean;
  mailbox_is_full: boolean;
}

const markMailAdmittedIR: StatementSource = {"usedParamSet":{"id":true,"attempt":true,"mailboxPerHour":true,"mailboxPerDay":true,"servicePerHour":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":79,"b":82},{"a":1232,"b":1235}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":99,"b":107},{"a":1252,"b":1260}]},{"name":"mailboxPerHour","required":true,"transform":{"type":"scalar"},"locs":[{"a":463,"b":478}]},{"name":"mailboxPerDay","required":true,"transform":{"type":"scalar"},"locs":[{"a":773,"b":787}]},{"name":"servicePerHour","required":true,"transform":{"type":"scalar"},"locs":[{"a":1087,"b":1102}]}],"statement":"with mail as (\n  select id, mailbox, created_at\n  from mail_queue\n  where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null\n), mailbox as (\n  select (\n    exists (\n      select from mail_queue earlier\n      where earlier.mailbox = mail.mailbox and not earlier.suppressed\n        and (earlier.created_at, earlier.id) < (mail.created_at, mail.id)\n        and earlier.created_at > mail.created_at - interval '1 hour'\n      offset :mailboxPerHour!::integer - 1\n    ) or exists (\n      select from mail_queue earlier\n      where earlier.mailbox = mail.mailbox and not earlier.suppressed\n        and (earlier.created_at, earlier.id) < (mail.created_at, mail.id)\n        and earlier.created_at > mail.created_at - interval '1 day'\n      offset :mailboxPerDay!::integer - 1\n    )\n  ) as is_full\n  from mail\n), budget as (\n  insert into mail_budget (hour, admitted)\n  select date_trunc('hour', clock_timestamp(), 'UTC'), 1\n  from mailbox\n  where not is_full\n  on conflict (hour) do update set admitted = mail_budget.admitted + 1\n  where mail_budget.admitted < :servicePerHour!::integer\n  returning hour\n), admitted as (\n  update mail_queue\n  set admitted_at = clock_timestamp()\n  from budget\n  where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null\n  returning id\n)\nselect coalesce((select is_full from mailbox), false) as \"mailbox_is_full!\",\n  exists (select from admitted) as \"admitted!\""};

/**
 * Query generated from SQL:
 * ```
 * with mail as (
 *   select id, mailbox, created_at
 *   from mail_queue
 *   where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
 * ), mailbox as (
 *   select (
 *     exists (
 *       select from mail_queue earlier
 *       where earlier.mailbox = mail.mailbox and not earlier.suppressed
 *         and (earlier.created_at, earlier.id) < (mail.created_at, mail.id)
 *         and earlier.created_at > mail.created_at - interval '1 hour'
 *       offset :mailboxPerHour!::integer - 1
 *     ) or exists (
 *       select from mail_queue earlier
 *       where earlier.mailbox = mail.mailbox and not earlier.suppressed
 *         and (earlier.created_at, earlier.id) < (mail.created_at, mail.id)
 *         and earlier.created_at > mail.created_at - interval '1 day'
 *       offset :mailboxPerDay!::integer - 1
 *     )
 *   ) as is_full
 *   from mail
 * ), budget as (
 *   insert into mail_budget (hour, admitted)
 *   select date_trunc('hour', clock_timestamp(), 'UTC'), 1
 *   from mailbox
 *   where not is_full
 *   on conflict (hour) do update set admitted = mail_budget.admitted + 1
 *   where mail_budget.admitted < :servicePerHour!::integer
 *   returning hour
 * ), admitted as (
 *   update mail_queue
 *   set admitted_at = clock_timestamp()
 *   from budget
 *   where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
 *   returning id
 * )
 * select coalesce((select is_full from mailbox), false) as "mailbox_is_full!",
 *   exists (select from admitted) as "admitted!"
 * ```
 */
export const markMailAdmitted = new PreparedQuery<MarkMailAdmittedParams,MarkMailAdmittedResult>(markMailAdmittedIR);

/** 'MarkMailSent' parameters type */
export interface MarkMailSentParams {
  attempt: number;
  id: string;
}

/** 'MarkMailSent' return type */
export type MarkMailSentResult = void;

const markMailSentIR: StatementSource = {"usedParamSet":{"id":true,"attempt":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":114,"b":117}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":134,"b":142}]}],"statement":"update mail_queue\nset sent_at = clock_timestamp(), last_error = null, body = '', sealed_content = null\nwhere id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set sent_at = clock_timestamp(), last_error = null, body = '', sealed_content = null
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

const rescheduleMailIR: StatementSource = {"usedParamSet":{"delayMs":true,"error":true,"id":true,"attempt":true},"params":[{"name":"delayMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":45,"b":53}]},{"name":"error","required":true,"transform":{"type":"scalar"},"locs":[{"a":252,"b":258}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":288,"b":291}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":308,"b":316}]}],"statement":"with pause as (\n  select clock_timestamp() + :delayMs!::double precision * interval '1 millisecond' as ends_at\n)\nupdate mail_queue\nset next_attempt_at = pause.ends_at,\n  due_at = case when due_at is not null then pause.ends_at end,\n  last_error = left(:error!, 300)\nfrom pause\nwhere id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * with pause as (
 *   select clock_timestamp() + :delayMs!::double precision * interval '1 millisecond' as ends_at
 * )
 * update mail_queue
 * set next_attempt_at = pause.ends_at,
 *   due_at = case when due_at is not null then pause.ends_at end,
 *   last_error = left(:error!, 300)
 * from pause
 * where id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null
 * ```
 */
export const rescheduleMail = new PreparedQuery<RescheduleMailParams,RescheduleMailResult>(rescheduleMailIR);

/** 'MarkMailDead' parameters type */
export interface MarkMailDeadParams {
  attempt: number;
  error: string;
  id: string;
  keepContent: boolean;
  suppressed: boolean;
}

/** 'MarkMailDead' return type */
export type MarkMailDeadResult = void;

const markMailDeadIR: StatementSource = {"usedParamSet":{"error":true,"suppressed":true,"keepContent":true,"id":true,"attempt":true},"params":[{"name":"error","required":true,"transform":{"type":"scalar"},"locs":[{"a":71,"b":77}]},{"name":"suppressed","required":true,"transform":{"type":"scalar"},"locs":[{"a":99,"b":110}]},{"name":"keepContent","required":true,"transform":{"type":"scalar"},"locs":[{"a":151,"b":163}]},{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":209,"b":212}]},{"name":"attempt","required":true,"transform":{"type":"scalar"},"locs":[{"a":229,"b":237}]}],"statement":"update mail_queue\nset failed_at = clock_timestamp(), last_error = left(:error!, 300), suppressed = :suppressed!::boolean,\n  sealed_content = case when :keepContent!::boolean then sealed_content end\nwhere id = :id! and attempts = :attempt!::integer and sent_at is null and failed_at is null"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set failed_at = clock_timestamp(), last_error = left(:error!, 300), suppressed = :suppressed!::boolean,
 *   sealed_content = case when :keepContent!::boolean then sealed_content end
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

const requeueDeadMailsIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":false,"transform":{"type":"scalar"},"locs":[{"a":246,"b":248},{"a":272,"b":274}]}],"statement":"update mail_queue\nset failed_at = null, attempts = 0, next_attempt_at = clock_timestamp(),\n  due_at = case when due_at is not null then clock_timestamp() end,\n  admitted_at = clock_timestamp(), suppressed = false\nwhere failed_at is not null and (:id::uuid is null or id = :id::uuid)\n  and (sealed_content is not null or due_at is null)"};

/**
 * Query generated from SQL:
 * ```
 * update mail_queue
 * set failed_at = null, attempts = 0, next_attempt_at = clock_timestamp(),
 *   due_at = case when due_at is not null then clock_timestamp() end,
 *   admitted_at = clock_timestamp(), suppressed = false
 * where failed_at is not null and (:id::uuid is null or id = :id::uuid)
 *   and (sealed_content is not null or due_at is null)
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

const deleteEndedMailsIR: StatementSource = {"usedParamSet":{"keptMs":true,"limit":true},"params":[{"name":"keptMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":257,"b":264}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":319,"b":325}]}],"statement":"with ended_hours as (\n  delete from mail_budget where hour < now() - interval '1 day'\n)\ndelete from mail_queue\nwhere id in (\n  select id\n  from mail_queue\n  where (sent_at is not null or failed_at is not null)\n    and coalesce(sent_at, failed_at) < now() - :keptMs!::double precision * interval '1 millisecond'\n  limit :limit!::integer\n)"};

/**
 * Query generated from SQL:
 * ```
 * with ended_hours as (
 *   delete from mail_budget where hour < now() - interval '1 day'
 * )
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
