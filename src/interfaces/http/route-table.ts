import type { HttpSettings } from './http-deps.ts';
import { openApiDocument } from './openapi/document.ts';
import type { Route } from './route.ts';
import { createDocsRoutes } from './routes/docs-routes.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { probeRoutes, reportRoutes } from './routes/health-routes.ts';
import { mailRoutes } from './routes/mail-routes.ts';
import { serviceAccountRoutes } from './routes/service-account-routes.ts';
import { sessionRoutes } from './routes/sessions/session-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import { accountRoutes } from './routes/users/account-routes.ts';
import { userListRoutes } from './routes/users/list-routes.ts';

type RouteSettings = Pick<HttpSettings, 'managementSeparate' | 'version'>;

/** Every route of the public server. */
export function publicRoutes(settings: RouteSettings): readonly Route[] {
  return [
    ...accountRoutes,
    ...userListRoutes,
    ...sessionRoutes,
    ...tokenRoutes,
    ...probeRoutes,
    ...(settings.managementSeparate ? [] : reportRoutes),
    ...createDocsRoutes(() => publicDocument(settings)),
  ];
}

/** The OpenAPI document of the public server. */
export function publicDocument(settings: RouteSettings): Record<string, unknown> {
  return openApiDocument(publicRoutes(settings), settings);
}

/** What the control socket has besides the public routes; in no document. */
export const operatorRoutes: readonly Route[] = [
  ...serviceAccountRoutes,
  ...eventRoutes,
  ...mailRoutes,
];

/** Every route of the management server. */
export const managementRoutes: readonly Route[] = [...probeRoutes, ...reportRoutes];
