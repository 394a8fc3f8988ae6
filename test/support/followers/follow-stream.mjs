// Follows the feed as server-sent events, as an `EventSource` does, and keeps the table of the page.
import { setTimeout as sleep } from 'node:timers/promises';
import { apply, findPosition, load } from './users-table.mjs';

const { SERVICE_URL, SERVICE_KEY } = process.env;
let position = (await findPosition()) ?? (await load());

async function* follow() {
  const response = await fetch(`${SERVICE_URL}/v1/events?types=user.*`, {
    headers: {
      authorization: `Bearer ${SERVICE_KEY}`,
      accept: 'text/event-stream',
      'last-event-id': position,
    },
  });
  if (response.status === 410) {
    position = await load();
    return;
  }
  if (!response.ok) throw new Error(`${response.status}`);
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + chunk).split('\n\n');
    rest = messages.pop();
    yield messages.flatMap((message) => {
      const fields = message.split('\n').map((line) => line.split(/: (.*)/s, 2));
      const { id, data } = Object.fromEntries(fields);
      return id === undefined ? [] : [{ id, subject: JSON.parse(data).subject }];
    });
  }
}

// The service ends a stream at its age; the next one goes on after the last id.
for (;;) {
  for await (const messages of follow()) {
    for (let first = 0; first < messages.length; first += 500) {
      const part = messages.slice(first, first + 500);
      position = part.at(-1).id;
      await apply([...new Set(part.flatMap(({ subject }) => subject ?? []))], position);
    }
  }
  await sleep(100);
}
