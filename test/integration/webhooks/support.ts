import { expect } from 'vitest';
import type { App } from '../../../src/app/app.ts';
import { type Api, createApi, patientHashing } from '../../support/api.ts';
import { type TestAppOptions, useTestApp } from '../../support/app.ts';
import { LOCAL_WEBHOOKS } from '../../support/webhook-receiver.ts';

export interface WebhookInstance {
  readonly app: App;
  readonly api: Api;
  /** Calls a route of the endpoints with a key that has the scope. @returns the body */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Json>;
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of responses, which the tests compare
export type Json = any;

/** A service that sends webhooks to this machine. */
export async function startWebhooks(options: TestAppOptions): Promise<WebhookInstance> {
  const env = { ...patientHashing, ...LOCAL_WEBHOOKS, ...options.env };
  const app = await useTestApp({ ...options, env });
  await app.listen();
  const operator = await app.operator();
  const created = await operator.inject({
    method: 'POST',
    url: '/v1/service-accounts',
    payload: { name: `hooks-${Math.random()}`, scopes: ['webhooks:admin'] },
  });
  const { key } = created.json();
  return {
    app,
    api: createApi(app),
    async call(method, path, body) {
      const response = await app.http.inject({
        method,
        url: `/v1/webhook-endpoints${path}`,
        headers: { authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { payload: body }),
      });
      expect(response.statusCode, response.body).toBeLessThan(300);
      return response.body === '' ? null : response.json();
    },
  };
}
