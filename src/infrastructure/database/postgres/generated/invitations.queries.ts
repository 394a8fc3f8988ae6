/** Types generated for queries found in "queries/invitations.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'DeleteInvitationsOfEmail' parameters type */
export interface DeleteInvitationsOfEmailParams {
  email: string;
}

/** 'DeleteInvitationsOfEmail' return type */
export type DeleteInvitationsOfEmailResult = void;

const deleteInvitationsOfEmailIR: StatementSource = {"usedParamSet":{"email":true},"params":[{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":38,"b":44}]}],"statement":"delete from invitations\nwhere email = :email!"};

/**
 * Query generated from SQL:
 * ```
 * delete from invitations
 * where email = :email!
 * ```
 */
export const deleteInvitationsOfEmail = new PreparedQuery<DeleteInvitationsOfEmailParams,DeleteInvitationsOfEmailResult>(deleteInvitationsOfEmailIR);

/** 'InsertInvitation' parameters type */
export interface InsertInvitationParams {
  email: string;
  firstName?: string | null | void;
  id: string;
  lastName?: string | null | void;
  locale?: string | null | void;
  tokenHash: Uint8Array;
  ttlMs: number;
}

/** 'InsertInvitation' return type */
export interface InsertInvitationResult {
  created_at: Date;
  email: string;
  expires_at: Date;
  first_name: string | null;
  id: string;
  last_name: string | null;
  locale: string | null;
}

const insertInvitationIR: StatementSource = {"usedParamSet":{"id":true,"email":true,"firstName":true,"lastName":true,"locale":true,"tokenHash":true,"ttlMs":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":111,"b":114}]},{"name":"email","required":true,"transform":{"type":"scalar"},"locs":[{"a":117,"b":123}]},{"name":"firstName","required":false,"transform":{"type":"scalar"},"locs":[{"a":126,"b":135}]},{"name":"lastName","required":false,"transform":{"type":"scalar"},"locs":[{"a":138,"b":146}]},{"name":"locale","required":false,"transform":{"type":"scalar"},"locs":[{"a":149,"b":155}]},{"name":"tokenHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":158,"b":168}]},{"name":"ttlMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":188,"b":194}]}],"statement":"insert into invitations (id, email, first_name, last_name, locale, token_hash, created_at, expires_at)\nvalues (:id!, :email!, :firstName, :lastName, :locale, :tokenHash!, now(),\n  now() + :ttlMs!::double precision * interval '1 millisecond')\nreturning id, email, first_name, last_name, locale, created_at, expires_at"};

/**
 * Query generated from SQL:
 * ```
 * insert into invitations (id, email, first_name, last_name, locale, token_hash, created_at, expires_at)
 * values (:id!, :email!, :firstName, :lastName, :locale, :tokenHash!, now(),
 *   now() + :ttlMs!::double precision * interval '1 millisecond')
 * returning id, email, first_name, last_name, locale, created_at, expires_at
 * ```
 */
export const insertInvitation = new PreparedQuery<InsertInvitationParams,InsertInvitationResult>(insertInvitationIR);

/** 'FindInvitation' parameters type */
export interface FindInvitationParams {
  id: string;
  tokenHash: Uint8Array;
}

/** 'FindInvitation' return type */
export interface FindInvitationResult {
  created_at: Date;
  email: string;
  expires_at: Date;
  first_name: string | null;
  id: string;
  last_name: string | null;
  locale: string | null;
}

const findInvitationIR: StatementSource = {"usedParamSet":{"id":true,"tokenHash":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":103}]},{"name":"tokenHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":122,"b":132}]}],"statement":"select id, email, first_name, last_name, locale, created_at, expires_at\nfrom invitations\nwhere id = :id! and token_hash = :tokenHash! and expires_at > clock_timestamp()"};

/**
 * Query generated from SQL:
 * ```
 * select id, email, first_name, last_name, locale, created_at, expires_at
 * from invitations
 * where id = :id! and token_hash = :tokenHash! and expires_at > clock_timestamp()
 * ```
 */
export const findInvitation = new PreparedQuery<FindInvitationParams,FindInvitationResult>(findInvitationIR);

/** 'DeleteAcceptedInvitation' parameters type */
export interface DeleteAcceptedInvitationParams {
  id: string;
  tokenHash: Uint8Array;
}

/** 'DeleteAcceptedInvitation' return type */
export interface DeleteAcceptedInvitationResult {
  created_at: Date;
  email: string;
  expires_at: Date;
  first_name: string | null;
  id: string;
  last_name: string | null;
  locale: string | null;
}

const deleteAcceptedInvitationIR: StatementSource = {"usedParamSet":{"id":true,"tokenHash":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":35,"b":38}]},{"name":"tokenHash","required":true,"transform":{"type":"scalar"},"locs":[{"a":57,"b":67}]}],"statement":"delete from invitations\nwhere id = :id! and token_hash = :tokenHash! and expires_at > clock_timestamp()\nreturning id, email, first_name, last_name, locale, created_at, expires_at"};

/**
 * Query generated from SQL:
 * ```
 * delete from invitations
 * where id = :id! and token_hash = :tokenHash! and expires_at > clock_timestamp()
 * returning id, email, first_name, last_name, locale, created_at, expires_at
 * ```
 */
export const deleteAcceptedInvitation = new PreparedQuery<DeleteAcceptedInvitationParams,DeleteAcceptedInvitationResult>(deleteAcceptedInvitationIR);

/** 'ListInvitations' parameters type */
export interface ListInvitationsParams {
  afterId: string;
  limit: number;
}

/** 'ListInvitations' return type */
export interface ListInvitationsResult {
  created_at: Date;
  email: string;
  expires_at: Date;
  first_name: string | null;
  id: string;
  last_name: string | null;
  locale: string | null;
}

const listInvitationsIR: StatementSource = {"usedParamSet":{"afterId":true,"limit":true},"params":[{"name":"afterId","required":true,"transform":{"type":"scalar"},"locs":[{"a":100,"b":108}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":128,"b":134}]}],"statement":"select id, email, first_name, last_name, locale, created_at, expires_at\nfrom invitations\nwhere id > :afterId!\norder by id\nlimit :limit!"};

/**
 * Query generated from SQL:
 * ```
 * select id, email, first_name, last_name, locale, created_at, expires_at
 * from invitations
 * where id > :afterId!
 * order by id
 * limit :limit!
 * ```
 */
export const listInvitations = new PreparedQuery<ListInvitationsParams,ListInvitationsResult>(listInvitationsIR);

/** 'DeleteInvitation' parameters type */
export interface DeleteInvitationParams {
  id: string;
}

/** 'DeleteInvitation' return type */
export type DeleteInvitationResult = void;

const deleteInvitationIR: StatementSource = {"usedParamSet":{"id":true},"params":[{"name":"id","required":true,"transform":{"type":"scalar"},"locs":[{"a":35,"b":38}]}],"statement":"delete from invitations\nwhere id = :id!"};

/**
 * Query generated from SQL:
 * ```
 * delete from invitations
 * where id = :id!
 * ```
 */
export const deleteInvitation = new PreparedQuery<DeleteInvitationParams,DeleteInvitationResult>(deleteInvitationIR);

/** 'DeleteExpiredInvitations' parameters type */
export interface DeleteExpiredInvitationsParams {
  keptMs: number;
  limit: number;
}

/** 'DeleteExpiredInvitations' return type */
export type DeleteExpiredInvitationsResult = void;

const deleteExpiredInvitationsIR: StatementSource = {"usedParamSet":{"keptMs":true,"limit":true},"params":[{"name":"keptMs","required":true,"transform":{"type":"scalar"},"locs":[{"a":108,"b":115}]},{"name":"limit","required":true,"transform":{"type":"scalar"},"locs":[{"a":170,"b":176}]}],"statement":"delete from invitations\nwhere id in (\n  select id from invitations\n  where expires_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'\n  limit :limit!::integer\n  for update skip locked\n)"};

/**
 * Query generated from SQL:
 * ```
 * delete from invitations
 * where id in (
 *   select id from invitations
 *   where expires_at < clock_timestamp() - :keptMs!::double precision * interval '1 millisecond'
 *   limit :limit!::integer
 *   for update skip locked
 * )
 * ```
 */
export const deleteExpiredInvitations = new PreparedQuery<DeleteExpiredInvitationsParams,DeleteExpiredInvitationsResult>(deleteExpiredInvitationsIR);
