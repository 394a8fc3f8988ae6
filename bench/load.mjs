// Sends requests for some seconds and prints the figures as one line of JSON. It is a process of its own, so that it
// takes no CPU time of the server's event loop; plain JavaScript, since autocannon has no types. The order arrives on
// standard input: { url, connections, seconds, requests, rate? }. {{n}} in a body becomes another value in each request.
import { Agent, request } from 'node:http';
import autocannon from 'autocannon';

const { url, connections, seconds, requests, rate } = JSON.parse(await readAll(process.stdin));
const durationsMs = [];
const statuses = {};
let n = 0;

const { errors, duration } = rate === undefined ? await sendAsMany() : await sendEvenly();
durationsMs.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    perSecond: durationsMs.length / duration,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    errors,
    statuses,
  }),
);

/** Sends as many requests as the server can process. */
async function sendAsMany() {
  const run = autocannon({
    url,
    connections,
    duration: seconds,
    timeout: 30,
    requests: requests.map(withFreshBody),
  });
  run.on('response', (_client, status, _bytes, durationMs) => note(status, durationMs));
  return await run;
}

/**
 * Sends requests at even intervals, also while earlier ones wait for their responses. autocannon would send the requests
 * of each second in one burst.
 */
async function sendEvenly() {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedAt = performance.now();
  const results = [];
  for (let sent = 0; sent < rate * seconds; sent += 1) {
    const pauseMs = startedAt + (sent * 1_000) / rate - performance.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    results.push(sendOne(agent, requests[sent % requests.length]));
  }
  const failed = (await Promise.all(results)).filter((succeeded) => !succeeded);
  agent.destroy();
  return { errors: failed.length, duration: (performance.now() - startedAt) / 1_000 };
}

function sendOne(agent, { method, path, headers, body }) {
  const from = performance.now();
  return new Promise((resolve) => {
    const options = { agent, method, headers, timeout: 30_000 };
    const sent = request(`${url}${path}`, options, (response) => {
      response.resume().once('end', () => {
        note(response.statusCode, performance.now() - from);
        resolve(true);
      });
    });
    sent.once('timeout', () => sent.destroy(new Error('no response')));
    sent.once('error', () => resolve(false));
    sent.end(body === undefined ? undefined : fresh(body));
  });
}

function note(status, durationMs) {
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

function quantile(part) {
  return durationsMs[Math.min(durationsMs.length - 1, Math.floor(durationsMs.length * part))] ?? 0;
}

async function readAll(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
