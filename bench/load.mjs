// Sends requests for some seconds and prints what came of them as one line of JSON. A process of its own, so that it
// takes no time of what it measures; plain JavaScript, since autocannon has no types. The order arrives on standard
// input: { url, connections, seconds, requests, rate? }. Where a body has {{n}}, each request gets another value.
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

/** As many as the server answers. */
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
 * At even intervals, whether earlier ones are answered or not. autocannon sends what it may send in a second at once and
 * waits for the next second, which is a measurement of bursts.
 */
async function sendEvenly() {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedAt = performance.now();
  const answers = [];
  for (let sent = 0; sent < rate * seconds; sent += 1) {
    const pauseMs = startedAt + (sent * 1_000) / rate - performance.now();
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    answers.push(sendOne(agent, requests[sent % requests.length]));
  }
  const failed = (await Promise.all(answers)).filter((answered) => !answered);
  agent.destroy();
  return { errors: failed.length, duration: (performance.now() - startedAt) / 1_000 };
}

function sendOne(agent, { method, path, headers, body }) {
  const from = performance.now();
  return new Promise((resolve) => {
    const sent = request(`${url}${path}`, { agent, method, headers, timeout: 30_000 }, (answer) => {
      answer.resume().once('end', () => {
        note(answer.statusCode, performance.now() - from);
        resolve(true);
      });
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
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
