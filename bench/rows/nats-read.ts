import { startNats } from '../../test/support/nats-server.ts';
import { compare } from '../compare.ts';
import { type Context, onDatabase, type Result } from '../context.ts';
import { startFloor } from '../floors/start.ts';
import { loadSide } from '../load-generator.ts';
import { startService } from '../service.ts';

const IN_FLIGHT = 50;
const FLOOR_SUBJECT = 'floor.get';

/** Measures a read over NATS beside a service that answers with a ready text. */
export async function measureNatsRead(context: Context): Promise<Result[]> {
  const { seconds } = context.options;
  const nats = await startNats();
  try {
    const service = await startService({ ...onDatabase(context.database), NATS_SERVERS: nats.url });
    try {
      const people = await context.people.on(service);
      const key = await service.createKey(['users:read']);
      const text = JSON.stringify({ id: people[0]?.id, padding: 'x'.repeat(220) });
      const floor = await startFloor({ kind: 'echo', url: nats.url, subject: FLOOR_SUBJECT, text });
      try {
        const side = (title: string, pid: number, subject: string) =>
          loadSide(context.generator, { title, pid }, () => ({
            ...{ kind: 'nats', server: nats.url, inFlight: IN_FLIGHT, seconds },
            headers: { Authorization: `Bearer ${key}` },
            messages: people.map(({ id }) => ({ subject, data: JSON.stringify({ id }) })),
          }));
        return [
          await compare(
            context,
            { id: 'j' },
            {
              service: side(`users.v1.get, ${IN_FLIGHT} in flight`, service.pid, 'users.v1.get'),
              floor: side('bare NATS micro service, ready text', floor.pid, FLOOR_SUBJECT),
            },
          ),
        ];
      } finally {
        await floor.stop();
      }
    } finally {
      await service.stop();
    }
  } finally {
    await nats.stop();
  }
}
