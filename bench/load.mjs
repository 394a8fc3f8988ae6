// Sends requests for some seconds and prints what came of them as one line of JSON. A process of its own, so that it
// takes no time of what it measures; plain JavaScript, since autocannon has no types. The order arrives on standard
// input: { url, connections, seconds, requests, rate? }. Where a body has {{n}}, each request gets another value.
import autocannon from 'autocannon';

const { url, connections, seconds, requests, rate } = JSON.parse(await readAll(process.stdin));
const durationsMs = [];
const statuses = {};
let n = 0;

const run = autocannon({
  url,
  connections,
  duration: seconds,
  timeout: 30,
  ...(rate === undefined ? {} : { overallRate: rate }),
  requests: requests.map(withFreshBody),
});
run.on('response', (_client, status, _bytes, durationMs) => {
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (status < 300) durationsMs.push(durationMs);
});
const { errors, duration } = await run;
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

function withFreshBody(request) {
  if (!request.body?.includes('{{n}}')) return request;
  return {
    ...request,
    setupRequest(prepared) {
      n += 1;
      return { ...prepared, body: request.body.replaceAll('{{n}}', `${process.pid}x${n}`) };
    },
  };
}

function quantile(part) {
  return durationsMs[Math.min(durationsMs.length - 1, Math.floor(durationsMs.length * part))] ?? 0;
}

async function readAll(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
