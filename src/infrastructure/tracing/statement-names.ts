import * as administrativeActs from '../database/postgres/generated/administrative-acts.queries.ts';
import * as challenges from '../database/postgres/generated/challenges.queries.ts';
import * as diagnostics from '../database/postgres/generated/diagnostics.queries.ts';
import * as eventAudit from '../database/postgres/generated/event-audit.queries.ts';
import * as eventFeed from '../database/postgres/generated/event-feed.queries.ts';
import * as health from '../database/postgres/generated/health.queries.ts';
import * as idempotency from '../database/postgres/generated/idempotency.queries.ts';
import * as invitations from '../database/postgres/generated/invitations.queries.ts';
import * as mailQueue from '../database/postgres/generated/mail-queue.queries.ts';
import * as outbox from '../database/postgres/generated/outbox.queries.ts';
import * as registrationRequests from '../database/postgres/generated/registration-requests.queries.ts';
import * as relay from '../database/postgres/generated/relay.queries.ts';
import * as revocations from '../database/postgres/generated/revocations.queries.ts';
import * as sealedRows from '../database/postgres/generated/sealed-rows.queries.ts';
import * as serviceAccounts from '../database/postgres/generated/service-accounts.queries.ts';
import * as sessions from '../database/postgres/generated/sessions.queries.ts';
import * as signInFailures from '../database/postgres/generated/sign-in-failures.queries.ts';
import * as signingKeys from '../database/postgres/generated/signing-keys.queries.ts';
import * as userAudit from '../database/postgres/generated/user-audit.queries.ts';
import * as userSearch from '../database/postgres/generated/user-search.queries.ts';
import * as users from '../database/postgres/generated/users.queries.ts';
import * as webhookDeliveries from '../database/postgres/generated/webhook-deliveries.queries.ts';
import * as webhookEndpoints from '../database/postgres/generated/webhook-endpoints.queries.ts';
import { PreparedQuery } from '../database/prepared-query.ts';

const MODULES = [
  administrativeActs,
  challenges,
  diagnostics,
  eventAudit,
  eventFeed,
  health,
  idempotency,
  invitations,
  mailQueue,
  outbox,
  registrationRequests,
  relay,
  revocations,
  sealedRows,
  serviceAccounts,
  sessions,
  signInFailures,
  signingKeys,
  userAudit,
  userSearch,
  users,
  webhookDeliveries,
  webhookEndpoints,
] as const;

/** The name of each statement in `queries/*.sql`, by its SQL text. */
export function readStatementNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, query] of MODULES.flatMap((module) => Object.entries(module))) {
    if (query instanceof PreparedQuery) names.set(query.text, name);
  }
  return names;
}
