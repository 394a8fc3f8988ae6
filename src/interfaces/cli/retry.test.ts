import { expect, test } from 'vitest';
import { type OperatorClient, ServiceUnreachable } from './operator-client.ts';
import { PATIENT, perform, type RetryDeps, requestWithRetries } from './retry.ts';

type Step = ServiceUnreachable | { status: number; retryAfter?: string };

/** A client that replies with the steps in order, then repeats the last one. */
function scripted(...steps: Step[]): OperatorClient & { tries(): number } {
  let tries = 0;
  return {
    tries: () => tries,
    describe: () => 'a script',
    async fetch() {
      const step = steps[Math.min(tries++, steps.length - 1)];
      if (step === undefined || step instanceof Error) throw step ?? new Error('no step');
      const headers: Record<string, string> = step.retryAfter
        ? { 'retry-after': step.retryAfter }
        : {};
      const { status } = step;
      const code = status === 503 ? 'unavailable' : 'other';
      return Response.json({ code, detail: '' }, { status, headers });
    },
    close: async () => {},
  };
}

function waiting(change: Partial<RetryDeps> = {}): { deps: RetryDeps; waits: number[] } {
  const waits: number[] = [];
  const deps: RetryDeps = {
    policy: PATIENT,
    signal: new AbortController().signal,
    repeatUnknown: true,
    random: () => 1,
    sleep: async (ms) => void waits.push(ms),
    ...change,
  };
  return { deps, waits };
}

const POST = { method: 'POST', path: '/v1/users', body: {} } as const;
const lost = (maybeSent: boolean) => new ServiceUnreachable('lost', { maybeSent });

test('pauses double up to the bound, and the attempts are bounded', async () => {
  const client = scripted({ status: 503 });
  const { deps, waits } = waiting();
  expect((await requestWithRetries(client, POST, deps)).status).toBe(503);
  expect(client.tries()).toBe(PATIENT.busyTries);
  expect(waits.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
  expect(Math.max(...waits)).toBe(PATIENT.maxDelayMs);
});

test('a pause lasts Retry-After, within the bound; a date in it may be over', async () => {
  const { deps, waits } = waiting({ random: () => 0 });
  const client = scripted(
    { status: 429, retryAfter: '7' },
    { status: 503, retryAfter: '3600' },
    { status: 503, retryAfter: 'Tue, 21 Oct 2025 07:28:00 GMT' },
    { status: 201 },
  );
  expect(await requestWithRetries(client, POST, deps)).toMatchObject({
    status: 201,
    maybeDoneBefore: false,
  });
  expect(waits).toEqual([7_000, 30_000, 0]);
});

test('after a lost response the request may have been performed', async () => {
  const { deps } = waiting();
  const response = await requestWithRetries(scripted(lost(true), { status: 409 }), POST, deps);
  expect(response).toMatchObject({ status: 409, maybeDoneBefore: true });
  const refused = await requestWithRetries(scripted(lost(false), { status: 409 }), POST, deps);
  expect(refused.maybeDoneBefore).toBe(false);
  const failed = await requestWithRetries(scripted({ status: 500 }, { status: 409 }), POST, deps);
  expect(failed.maybeDoneBefore).toBe(true);
});

test('a request that must not be repeated is not, once it may have been performed', async () => {
  const { deps } = waiting({ repeatUnknown: false });
  for (const client of [
    scripted(lost(true)),
    scripted({ status: 500 }),
    scripted({ status: 504 }),
  ]) {
    await requestWithRetries(client, POST, deps).catch(() => {});
    expect(client.tries()).toBe(1);
  }
  const refused = scripted(lost(false), { status: 503 }, { status: 201 });
  expect((await requestWithRetries(refused, POST, deps)).status).toBe(201);
});

test('an abort ends the pause with the last response', async () => {
  const controller = new AbortController();
  const { deps } = waiting({
    signal: controller.signal,
    sleep: async () => controller.abort(),
  });
  const client = scripted({ status: 503 });
  expect((await requestWithRetries(client, POST, deps)).status).toBe(503);
  expect(client.tries()).toBe(1);
  await expect(requestWithRetries(scripted(lost(false)), POST, deps)).rejects.toThrow('lost');
});

test('an operation is repeated after a lost response only if its row says so', async () => {
  const { signal } = new AbortController();
  const policy = { ...PATIENT, firstDelayMs: 1, maxDelayMs: 1 };
  const read = scripted(lost(true), { status: 200 });
  await perform(({ signingKeys }, call) => signingKeys.list(call), {
    ...{ client: read, signal, policy },
  });
  expect(read.tries()).toBe(2);
  const rotation = scripted(lost(true), { status: 200 });
  const rotated = perform(({ signingKeys }, call) => signingKeys.rotate({ now: true }, call), {
    ...{ client: rotation, signal, policy },
  });
  await expect(rotated).rejects.toThrow('lost');
  expect(rotation.tries()).toBe(1);
  const refused = scripted({ status: 503 }, lost(false), { status: 200 });
  await perform(({ signingKeys }, call) => signingKeys.rotate({ now: true }, call), {
    ...{ client: refused, signal, policy },
  });
  expect(refused.tries()).toBe(3);
});

test('an operation ends with the failure of the service, and with its last attempt after an abort', async () => {
  const control = new AbortController();
  const { signal } = control;
  const failing = scripted({ status: 503 });
  const stopping: OperatorClient = {
    ...failing,
    async fetch(url, init) {
      setImmediate(() => control.abort());
      return await failing.fetch(url, init);
    },
  };
  const policy = { ...PATIENT, firstDelayMs: 600_000, maxDelayMs: 600_000 };
  const listed = perform(({ signingKeys }, call) => signingKeys.list(call), {
    ...{ client: stopping, signal, policy },
  });
  await expect(listed).rejects.toBeInstanceOf(ServiceUnreachable);
  expect(failing.tries()).toBe(1);
  const missing = perform(({ signingKeys }, call) => signingKeys.list(call), {
    ...{ client: scripted({ status: 404 }), signal: new AbortController().signal },
  });
  await expect(missing).rejects.toMatchObject({ details: { code: 'other', status: 404 } });
});
