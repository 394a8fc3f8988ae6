import { createServer } from 'node:http';
import { unwrap, userService } from '@user-service/client';
import { startUserService } from '@user-service/client/testing';

/** The real service, as a process of its own. */
export const service = await startUserService({ program: process.env.PROGRAM });
export const { url } = service;
/** With all scopes. */
export const { key } = await service.createServiceAccount();

export const client = userService({ url, key });

/** A deadline, not an expectation: the machine may be busy. */
const PATIENCE_MS = 20_000;

/** Registers a user. @param lastName one that no other user has, by default */
export async function register(firstName, lastName = randomName()) {
  const password = crypto.randomUUID();
  const email = `${crypto.randomUUID()}@example.com`;
  const person = { first_name: firstName, last_name: lastName, email, password };
  const { id } = unwrap(await client.users.register(person));
  return { id, email, password, lastName };
}

function randomName() {
  const letters = Array.from(crypto.randomUUID().replaceAll('-', ''), (digit) =>
    String.fromCharCode('a'.charCodeAt(0) + Number.parseInt(digit, 16)),
  );
  return `Name${letters.join('')}`;
}

/** Signs the user in. @returns an access token */
export async function accessTokenOf({ email, password }) {
  return unwrap(await client.sessions.signIn({ email, password })).access_token;
}

/** The status and the code of a call that fails. */
export async function problemOf(call) {
  const { ok, problem } = await call;
  return ok ? 'no problem' : `${problem.status} ${problem.code}`;
}

/** Waits for a condition. */
export async function until(what, condition) {
  const endsAtMs = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > endsAtMs) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the work with the URL of a server that answers by the listener. */
export async function withServer(listener, work) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The status of a request with this access token, or without one. */
export async function statusOf(address, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(address, { headers });
  await response.text();
  return response.status;
}
