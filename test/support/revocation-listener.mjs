// A service that follows the revocations as documented in docs/use-it/verify-tokens.md, in a process of its own. It writes
// a line for each revocation when it hears of it: its kind and id, and the time.
import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const { nats, http, key } = JSON.parse(process.argv[2] ?? '{}');
const heard = new Set();

function hear({ kind, id, not_before: notBefore }) {
  const name = `${kind} ${id ?? 'all'} ${kind === 'session' ? '' : notBefore}`.trim();
  if (heard.has(name)) return;
  heard.add(name);
  process.stdout.write(`heard ${name} at ${performance.timeOrigin + performance.now()}\n`);
}

/** Reads the last message of each subject, then what follows. */
async function follow(connection) {
  let epoch;
  let messages;
  async function readAll() {
    messages?.stop();
    const consumer = await jetstream(connection).consumers.get('USERS_REVOKED', {
      deliver_policy: DeliverPolicy.LastPerSubject,
      filter_subjects: 'users.revoked.>',
    });
    messages = await consumer.consume();
    process.stdout.write('ready\n');
    for await (const message of messages) hear(message.json());
  }
  for await (const beat of connection.subscribe('users.revocations.heartbeat')) {
    const latest = beat.json().epoch;
    if (latest === epoch) continue;
    epoch = latest;
    readAll().catch((error) => {
      process.stderr.write(`${error}\n`);
      epoch = undefined;
    });
  }
}

async function poll() {
  let url = `${http}/v1/revocations`;
  for (;;) {
    try {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
      if (answer.status === 410) url = `${http}/v1/revocations`;
      if (!answer.ok) continue;
      const lines = (await answer.text()).split('\n').filter((line) => line !== '');
      for (const line of lines) {
        const record = JSON.parse(line);
        if ('kind' in record) hear(record);
      }
      if (url.endsWith('revocations')) process.stdout.write('ready\n');
      const [, next] = /<[^?]*(\?[^>]*)>/.exec(answer.headers.get('link') ?? '') ?? [];
      url = `${http}/v1/revocations${next}${next.includes('wait') ? '' : '&wait=25s'}`;
    } catch (error) {
      process.stderr.write(`${error}\n`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

if (nats !== undefined) {
  const options = { servers: nats, maxReconnectAttempts: -1, reconnectTimeWait: 100 };
  await follow(await connect({ ...options, pingInterval: 1_000, maxPingOut: 2 }));
} else {
  await poll();
}
