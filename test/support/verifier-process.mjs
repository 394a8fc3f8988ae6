// A service that verifies tokens with the client package, in a process of its own. It writes a line for each state of its
// verifier, and for each watched token when it is refused: the reason and the time.
import { createServer } from 'node:http';
import { connect } from '@nats-io/transport-node';
import { createVerifier } from '@user-service/client/verify';

/** How often watched tokens are verified. */
const CHECK_MS = 5;

const { issuer, jwksUrl, nats, http, onStale, skewMs = 0 } = JSON.parse(process.argv[2] ?? '{}');

async function feed() {
  if (nats === undefined) return { http };
  const options = { servers: nats, maxReconnectAttempts: -1, reconnectTimeWait: 100 };
  return {
    nats: { connection: await connect({ ...options, pingInterval: 1_000, maxPingOut: 2 }) },
  };
}

const verifier = createVerifier({
  ...{ issuer, jwksUrl, onStale, audience: 'user-service', introspection: http },
  revocations: await feed(),
  now: () => Date.now() + skewMs,
  onChange: ({ revocations }) => write(`state ${revocations}`),
});

function write(line) {
  process.stdout.write(`${line}\n`);
}

/** The id of the user, or the reason of the refusal. */
function told(result) {
  return result.ok ? result.data.id : (result.problem.reason ?? result.problem.code);
}

const sessionOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).sid;

/** Tokens that were accepted and are not refused yet. */
const watched = new Set();
setInterval(() => {
  for (const token of watched) {
    const result = verifier.verify(token);
    if (result instanceof Promise || told(result) !== 'revoked') continue;
    write(`refused ${sessionOf(token)} at ${performance.timeOrigin + performance.now()}`);
    watched.delete(token);
  }
}, CHECK_MS);

/** Answers a list of tokens with what is told of each; `?watch` watches those that are accepted. */
const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const verdicts = [];
  for (const token of JSON.parse(text)) {
    const result = await verifier.verify(`Bearer ${token}`);
    verdicts.push(told(result));
    if (request.url === '/?watch' && result.ok) watched.add(token);
  }
  response.end(JSON.stringify(verdicts));
});
server.listen(0, '127.0.0.1', async () => {
  await verifier.ready(60_000);
  write(`ready http://127.0.0.1:${server.address().port}/`);
});
