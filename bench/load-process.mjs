// Sends the loads that its parent asks for, and reports their figures. Plain JavaScript, since autocannon has no types;
// `load-generator.ts` describes the messages. It ends with its parent, whose end closes the channel.
import { Agent, request } from 'node:http';
import { connect, headers as natsHeaders } from '@nats-io/transport-node';
import autocannon from 'autocannon';

/** Of autocannon's look at the clock, so that short slices end in time. */
const SAMPLE_MS = 50;
const TIMEOUT_SECONDS = 30;

const kinds = { closed, open, once, refresh, nats };
let n = 0;

process.on('disconnect', () => process.exit());
process.on('message', async ({ number, load }) => {
  const notes = { durationsMs: [], statuses: {}, errors: 0 };
  try {
    const startedAt = performance.now();
    const { seconds, ...more } = (await kinds[load.kind](load, notes)) ?? {};
    const duration = seconds ?? (performance.now() - startedAt) / 1_000;
    process.send({ number, report: { ...toFigures(notes, duration), ...more } });
  } catch (error) {
    process.send({ number, error: error.message });
  }
});

function toFigures({ durationsMs, statuses, errors }, seconds) {
  durationsMs.sort((a, b) => a - b);
  const quantile = (part) => durationsMs[Math.floor(durationsMs.length * part)] ?? 0;
  return {
    perSecond: durationsMs.length / seconds,
    count: durationsMs.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    errors,
    statuses,
  };
}

/** Sends as many requests as the server can process. */
async function closed({ url, connections, seconds, requests }, notes) {
  const run = autocannon({
    url,
    connections,
    duration: seconds,
    sampleInt: SAMPLE_MS,
    timeout: TIMEOUT_SECONDS,
    requests: requests.map(withFreshBody),
  });
  run.on('response', (_client, status, _bytes, durationMs) => note(notes, status, durationMs));
  const { errors, duration } = await run;
  notes.errors = errors;
  return { seconds: duration };
}

/** autocannon would send the requests of each second in one burst. */
async function open(
  { url, connections, seconds, rate, requests, addresses = ['127.0.0.1'] },
  notes,
) {
  const agents = addresses.map(
    (localAddress) =>
      new Agent({
        keepAlive: true,
        localAddress,
        maxSockets: Math.ceil(connections / addresses.length),
      }),
  );
  const startedAt = performance.now();
  const results = [];
  for (let sent = 0; sent < rate * seconds; sent += 1) {
    const pauseMs = startedAt + (sent * 1_000) / rate - performance.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const agent = agents[sent % agents.length];
    results.push(sendOne(url, agent, requests[sent % requests.length], notes));
  }
  await Promise.all(results);
  for (const agent of agents) agent.destroy();
}

async function once({ url, connections, requests }, notes) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  await inParallel(connections, async () => {
    while (next < requests.length) {
      next += 1;
      await sendOne(url, agent, requests[next - 1], notes);
    }
  });
  agent.destroy();
}

async function refresh({ url, seconds, refreshTokens }, notes) {
  const agent = new Agent({ keepAlive: true, maxSockets: refreshTokens.length });
  const endsAt = performance.now() + seconds * 1_000;
  const latest = [...refreshTokens];
  const accessTokens = [];
  let index = 0;
  await inParallel(latest.length, async () => {
    const mine = index;
    index += 1;
    while (performance.now() < endsAt) {
      const body = JSON.stringify({ refresh_token: latest[mine] });
      const headers = { 'content-type': 'application/json' };
      const path = '/v1/sessions/refresh';
      const answer = await sendOne(url, agent, { method: 'POST', path, headers, body }, notes);
      if (answer === null) return;
      const tokens = JSON.parse(answer);
      if (tokens.refresh_token === undefined) return;
      latest[mine] = tokens.refresh_token;
      accessTokens.push(tokens.access_token);
    }
  });
  agent.destroy();
  return { refreshTokens: latest, accessTokens };
}

async function nats({ server, inFlight, seconds, messages, headers }, notes) {
  const connection = await connect({ servers: server });
  const sentHeaders = natsHeaders();
  for (const [name, value] of Object.entries(headers)) sentHeaders.set(name, value);
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let sent = 0;
  await inParallel(inFlight, async () => {
    while (performance.now() < endsAt) {
      const { subject, data } = messages[sent % messages.length];
      sent += 1;
      const from = performance.now();
      const reply = await connection.request(subject, data, {
        headers: sentHeaders,
        timeout: 10_000,
      });
      const failure = reply.headers?.get('Nats-Service-Error-Code');
      note(notes, failure ? Number(failure) : 200, performance.now() - from);
    }
  });
  const duration = (performance.now() - startedAt) / 1_000;
  await connection.close();
  return { seconds: duration };
}

/** @returns the body; null without a response */
function sendOne(url, agent, { method, path, headers, body }, notes) {
  const from = performance.now();
  return new Promise((resolve) => {
    const options = { agent, method, headers, timeout: TIMEOUT_SECONDS * 1_000 };
    const sent = request(`${url}${path}`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.once('end', () => {
        note(notes, response.statusCode, performance.now() - from);
        resolve(text);
      });
    });
    sent.once('timeout', () => sent.destroy(new Error('no response')));
    sent.once('error', () => {
      notes.errors += 1;
      resolve(null);
    });
    sent.end(body === undefined ? undefined : fresh(body));
  });
}

async function inParallel(count, work) {
  await Promise.all(Array.from({ length: count }, work));
}

function note({ statuses, durationsMs }, status, durationMs) {
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (status < 300) durationsMs.push(durationMs);
}

function withFreshBody(prepared) {
  if (!prepared.body?.includes('{{n}}')) return prepared;
  return {
    ...prepared,
    setupRequest: (one) => ({ ...one, body: fresh(prepared.body) }),
  };
}

function fresh(body) {
  n += 1;
  return body.replaceAll('{{n}}', `${process.pid}x${n}`);
}
