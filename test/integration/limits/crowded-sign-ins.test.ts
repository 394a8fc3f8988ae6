import { Agent, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { type Account, createApi, goodPassword } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';

const CONNECTIONS = 128;
const OTHERS = 16;
const SIGN_INS = 3;
const ATTACKER = '203.0.113.9';

/** The wait for a hash is the default; a cheap hash makes up for a slow machine. */
const env = {
  PASSWORD_HASHING_SLOTS: '1',
  PASSWORD_ARGON2_MEMORY_KIB: '7168',
  PASSWORD_ARGON2_ITERATIONS: '5',
  SERVER_REQUEST_DEADLINE: '60s',
  SERVER_REQUEST_TIMEOUT: '60s',
  SERVER_TRUSTED_PROXIES: '127.0.0.0/8',
};

/** Sends a sign-in over real connections, as a proxy that names the client. @returns the status */
function signIn(agent: Agent, url: string, address: string, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const sent = request(`${url}/v1/sessions`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
  });
}

function useAgent(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  onTestFinished(() => agent.destroy());
  return agent;
}

test.each([
  { limits: 'on', refusals: [401, 429] },
  { limits: 'off', refusals: [401, 503] },
])(
  '128 connections of wrong passwords cost 16 other clients only time, with limits $limits',
  async ({ limits, refusals }) => {
    const app = await useTestApp({
      database: 'postgres',
      env: { ...env, LIMITS_ENABLED: String(limits === 'on') },
    });
    const api = createApi(app);
    const accounts: Account[] = [];
    // One after the other: together they would be a crowd of their own.
    while (accounts.length < OTHERS) accounts.push(await api.register());
    const { url } = await app.listen();
    const [attacking, others] = [useAgent(CONNECTIONS), useAgent(OTHERS)];
    const refused = new Map<number, number>();
    let sent = 0;
    let isOver = false;

    async function attack(): Promise<void> {
      while (!isOver) {
        sent += 1;
        const body = { email: `stranger${sent}@example.com`, password: 'a wrong guess at it' };
        const status = await signIn(attacking, url, ATTACKER, body);
        refused.set(status, (refused.get(status) ?? 0) + 1);
      }
    }

    const attacks = Array.from({ length: CONNECTIONS }, attack);
    const statuses = await Promise.all(
      accounts.map(async ({ email }, index) => {
        const own: number[] = [];
        for (let count = 0; count < SIGN_INS; count += 1) {
          const address = `198.51.${100 + index}.7`;
          own.push(await signIn(others, url, address, { email, password: goodPassword }));
        }
        return own;
      }),
    );
    isOver = true;
    await Promise.all(attacks);

    expect(statuses.flat()).toEqual(Array(OTHERS * SIGN_INS).fill(201));
    expect([...refused.keys()].filter((status) => !refusals.includes(status))).toEqual([]);
    expect(sent).toBeGreaterThan(CONNECTIONS);
  },
  120_000,
);
