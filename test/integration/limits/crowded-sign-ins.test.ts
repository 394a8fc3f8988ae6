import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type Account, createApi, goodPassword, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';

const CONNECTIONS = 128;
const OTHERS = 16;
const SIGN_INS = 3;
/** What a flood may get; a slow machine refuses a part of it. */
const REFUSALS = ['401 invalid_credentials', '429 rate_limited', '503 overloaded'];
const ATTACKER = '203.0.113.9';

/**
 * In turns, the attacker has one hash for each round of the others, and some while they have sessions written. First come,
 * first served would give it 128 for each.
 */
const MOST_JUDGED = (CONNECTIONS * SIGN_INS) / 2;

/** The wait is long, so that a slow machine serves the others too. */
const env = {
  ...patientHashing,
  PASSWORD_HASHING_SLOTS: '2',
  SERVER_TRUSTED_PROXIES: '127.0.0.0/8',
};

/** Sends a sign-in over real connections, as a proxy that names the client. @returns the status, and the code of a problem */
function signIn(agent: Agent, url: string, address: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const sent = request(`${url}/v1/sessions`, { method: 'POST', agent, headers }, (answer) => {
      text(answer)
        .then((json) => resolve([answer.statusCode, JSON.parse(json).code].join(' ').trim()))
        .catch(reject);
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

test.each(['on', 'off'])(
  '128 connections of wrong passwords cost 16 other clients only time, with limits %s',
  async (limits) => {
    const app = await useTestApp({
      database: 'postgres',
      env: { ...env, LIMITS_ENABLED: String(limits === 'on') },
      hashing: 'configured',
    });
    const api = createApi(app);
    const accounts: Account[] = [];
    // One after the other: together they would be a crowd of their own.
    while (accounts.length < OTHERS) accounts.push(await api.register());
    const { url } = await app.listen();
    const [attacking, others] = [useAgent(CONNECTIONS), useAgent(OTHERS)];
    const answers = new Map<string, number>();
    let sent = 0;
    let isOver = false;

    async function attack(): Promise<void> {
      while (!isOver) {
        sent += 1;
        const body = { email: `stranger${sent}@example.com`, password: 'a wrong guess at it' };
        const status = await signIn(attacking, url, ATTACKER, body).catch(String);
        if (isOver) return;
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
    }

    const attacks = Array.from({ length: CONNECTIONS }, attack);
    const statuses = await Promise.all(
      accounts.map(async ({ email }, index) => {
        const own: string[] = [];
        for (let count = 0; count < SIGN_INS; count += 1) {
          const address = `198.51.${100 + index}.7`;
          own.push(await signIn(others, url, address, { email, password: goodPassword }));
        }
        return own;
      }),
    );
    isOver = true;
    attacking.destroy();
    await Promise.all(attacks);

    expect(statuses.flat()).toEqual(Array(OTHERS * SIGN_INS).fill('201'));
    expect([...answers.keys()].filter((status) => !REFUSALS.includes(status))).toEqual([]);
    expect(answers.get('401 invalid_credentials') ?? 0).toBeLessThan(MOST_JUDGED);
    expect(sent).toBeGreaterThanOrEqual(CONNECTIONS);
  },
  120_000,
);
