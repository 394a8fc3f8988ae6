import { unwrap, userService } from '@user-service/client';
import { client, problemOf, withServer } from './kit.mjs';

const json = { 'content-type': 'application/json' };

/** What a server may do that is not the service, by the first segment of the path. */
const ANSWERS = {
  redirect: (response) => response.writeHead(302, { location: 'http://127.0.0.1:9' }).end(),
  page: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
  large: (response) => response.writeHead(200, json).end(JSON.stringify('x'.repeat(300_000))),
  cutOff(response) {
    response.writeHead(200, { ...json, 'content-length': 100 });
    response.write('{', () => setTimeout(() => response.destroy(), 20));
  },
  lost: (response) => response.destroy(),
  silent() {},
  half: (response) => response.writeHead(200, json).write(' '),
};

/** Calls that get no answer of the service. */
export async function failures() {
  const id = crypto.randomUUID();
  const requests = [];
  const control = new AbortController();
  const listener = (request, response) => {
    const [, name] = request.url.split('/');
    requests.push(name);
    if (name === 'aborted') control.abort();
    else ANSWERS[name](response);
  };
  return await withServer(listener, async (base) => {
    const get = (name, options = {}, ofCall = {}) => {
      const settings = { url: `${base}/${name}`, retries: 0, maxResponseBytes: 100_000 };
      return problemOf(userService({ ...settings, ...options }).users.get(id, ofCall));
    };
    const seen = {
      redirect: await get('redirect'),
      page: await get('page'),
      large: await get('large'),
      cutOff: await get('cutOff'),
      lost: await get('lost', { retries: 2, firstDelayMs: 1 }),
      silent: await get('silent', { timeoutMs: 200 }),
      half: await get('half', { timeoutMs: 200 }),
      aborted: await get('aborted', {}, { signal: control.signal }),
      abortedBefore: await get('never', {}, { signal: AbortSignal.abort() }),
      nowhere: await get('', { url: 'http://127.0.0.1:9' }),
    };
    const attempts = requests.filter((name) => name === 'lost').length;
    return { ...seen, attempts, stream: await stoppedStream() };
  });
}

/** A stream of the service goes on until its signal aborts. */
async function stoppedStream() {
  const stop = new AbortController();
  const options = { signal: stop.signal, accept: 'text/event-stream' };
  const response = unwrap(await client.events.read({ after: 'latest' }, options));
  const reading = response.text().then(
    () => 'ended',
    () => 'aborted',
  );
  stop.abort();
  return [response.headers.get('content-type'), await reading];
}
