import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeUserService, startUserService, type TestService } from '@user-service/client/testing';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The same users, sessions and keys on the fake and on the real service. */
export interface Setting {
  readonly service: TestService;
  readonly ada: string;
  readonly disabled: string;
  readonly token: string;
  readonly endedToken: string;
  readonly key: string;
  /** The id and the key of a service account, as `client_secret_basic` has them. */
  readonly basic: string;
  /** With the scope `users:read` only. */
  readonly smallKey: string;
}

export async function settingOfTheFake(): Promise<Setting> {
  const service = await fakeUserService();
  const ada = service.addUser({ first_name: 'Ada' });
  service.updateUser(ada, { phone: '+14155552671' });
  const disabled = service.addUser({ first_name: 'Bo' });
  service.disable(disabled);
  const endedToken = service.tokenFor(ada);
  service.endSession(endedToken);
  const keys = await keysOf(service);
  return {
    service,
    ada: ada.id,
    disabled: disabled.id,
    token: service.tokenFor(ada),
    endedToken,
    ...keys,
  };
}

export async function settingOfTheRealService(): Promise<Setting> {
  const service = await startUserService({ program: join(root, 'bin', 'user-service.cjs') });
  const keys = await keysOf(service);
  const ada = await service.addUser({ first_name: 'Ada' });
  const disabled = await service.addUser({ first_name: 'Bo' });
  await call(`${service.url}/v1/users/${ada.id}`, keys.key, 'PATCH', '{"phone":"+14155552671"}');
  await call(
    `${service.url}/v1/users/${disabled.id}/disable`,
    keys.key,
    'POST',
    '{"reason":"a test"}',
  );
  const endedToken = await service.tokenFor(ada);
  await call(`${service.url}/v1/sessions/current`, endedToken, 'DELETE');
  const token = await service.tokenFor(ada);
  return { service, ada: ada.id, disabled: disabled.id, token, endedToken, ...keys };
}

async function keysOf(service: TestService) {
  const { id, key } = await service.createServiceAccount();
  const { key: smallKey } = await service.createServiceAccount(['users:read']);
  return { key, basic: Buffer.from(`${id}:${key}`).toString('base64'), smallKey };
}

async function call(url: string, credentials: string, method: string, body?: string) {
  const response = await fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${credentials}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  expect(response.ok, await response.text()).toBe(true);
}
