import type { HttpSettings } from './http-deps.ts';
import { readServedDocument } from './openapi/served-document.ts';
import type { Route } from './route.ts';
import { createAccountPageRoutes } from './routes/account-pages/account-page-routes.ts';
import { diagnosticRoutes } from './routes/diagnostic-routes.ts';
import { createDocsRoutes } from './routes/docs-routes.ts';
import { feedRoute } from './routes/events/feed-route.ts';
import { outboxRoutes } from './routes/events/outbox-routes.ts';
import { probeRoutes, reportRoutes } from './routes/health-routes.ts';
import { invitationRoutes } from './routes/invitation-routes.ts';
import { mailRoutes } from './routes/mail-routes.ts';
import { createOAuthRoutes } from './routes/oauth/oauth-routes.ts';
import { revocationRoute } from './routes/revocations/revocation-route.ts';
import { schemaRoute } from './routes/schema-route.ts';
import { serviceAccountRoutes } from './routes/service-account-routes.ts';
import { sessionRoutes } from './routes/sessions/session-routes.ts';
import { signingKeyRoutes } from './routes/signing-key-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import { accountRoutes } from './routes/users/account-routes.ts';
import { userAuditRoutes } from './routes/users/audit-routes.ts';
import { bootstrapRoutes } from './routes/users/bootstrap-routes.ts';
import { governRoutes } from './routes/users/govern-routes.ts';
import { userListRoutes } from './routes/users/list-routes.ts';
import { lockoutRoutes } from './routes/users/lockout-routes.ts';
import { verificationRoutes } from './routes/verification/verification-routes.ts';
import {
  webhookDeadLetterRoutes,
  webhookDeliveryRoutes,
} from './routes/webhooks/delivery-routes.ts';
import { webhookEndpointRoutes } from './routes/webhooks/endpoint-routes.ts';

export type RouteSettings = Pick<HttpSettings, 'managementSeparate' | 'version'> &
  Partial<Pick<HttpSettings, 'publicUrl' | 'issuer' | 'accountPages'>>;

export function publicRoutes(settings: RouteSettings): readonly Route[] {
  const withoutPaths = settings.managementSeparate ? reportRoutes.map(({ path }) => path) : [];
  return [
    ...accountRoutes,
    ...userListRoutes,
    ...bootstrapRoutes,
    ...governRoutes,
    ...invitationRoutes,
    ...lockoutRoutes,
    ...sessionRoutes,
    ...verificationRoutes,
    feedRoute,
    ...webhookEndpointRoutes,
    ...webhookDeliveryRoutes,
    ...tokenRoutes,
    revocationRoute,
    ...createOAuthRoutes(settings),
    ...probeRoutes,
    ...(settings.managementSeparate ? [] : reportRoutes),
    ...(settings.accountPages === undefined ? [] : createAccountPageRoutes(settings.accountPages)),
    ...createDocsRoutes(() => readServedDocument({ ...settings, withoutPaths })),
  ];
}

/** Additional routes of the control socket. The OpenAPI document leaves them out. */
export const operatorRoutes: readonly Route[] = [
  ...serviceAccountRoutes,
  ...signingKeyRoutes,
  ...outboxRoutes,
  ...mailRoutes,
  ...webhookDeadLetterRoutes,
  ...userAuditRoutes,
  ...diagnosticRoutes,
  schemaRoute,
];

export const managementRoutes: readonly Route[] = [...probeRoutes, ...reportRoutes];
