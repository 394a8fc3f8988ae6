import { unwrap, userService } from '@user-service/client';
import { consume, httpEvents } from '@user-service/client/events';
import { fakeUserService } from '@user-service/client/testing';
import { createVerifier } from '@user-service/client/verify';
import { service, statusOf, until } from './kit.mjs';

/** The fake, with a verifier, calls and a consumer on it. */
export async function fake() {
  const users = await fakeUserService();
  const { url, issuer, audience } = users;
  const { key } = await users.createServiceAccount();
  const ada = users.addUser({ first_name: 'Ada' });
  const token = users.tokenFor(ada);
  const now = () => users.now();
  const revocations = { http: { url, key } };
  const verifier = createVerifier({ issuer, audience, revocations, now });
  const types = [];
  const running = consume({
    source: httpEvents({ url, key }),
    handle: ({ type }) => types.push(type),
  });
  try {
    await verifier.ready();
    const before = (await verifier.verify(token)).ok;
    const read = unwrap(await userService({ url, key }).users.get(ada.id));
    users.endSession(token);
    await until('the revocation', async () => !(await verifier.verify(token)).ok);
    const later = users.tokenFor(ada);
    users.advance(11 * 60_000 + 1_000);
    const expired = await verifier.verify(later);
    await until('the events', () => types.length === 4);
    users.setAvailable(false);
    return {
      before,
      name: read.first_name,
      expired: expired.problem?.reason,
      types: types.sort(),
      unavailable: await statusOf(`${url}/v1/me`, later),
    };
  } finally {
    await running.stop();
    await verifier.close();
    await users.stop();
  }
}

/** The real service of this program: a user of the kit, and their mail. */
export async function real() {
  const user = await service.addUser({ first_name: 'Ada' });
  const token = await service.tokenFor(user);
  const mail = await service.waitForMail(user.email);
  return {
    status: await statusOf(`${service.url}/v1/me`, token),
    isTheirs: mail.to === user.email,
  };
}
