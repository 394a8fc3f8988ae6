import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type MsgHdrs } from '@nats-io/transport-node';
import type { RecordedEvent } from '../../src/domain/events.ts';
import { readEventMessage } from './event-schemas.ts';

export interface StreamedEvent extends RecordedEvent {
  readonly sequence: number;
}

/** Reads the whole stream in order and validates each message. */
export async function readStream(url: string, stream = 'USERS'): Promise<readonly StreamedEvent[]> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(stream);
    const sequences = Array.from(
      { length: state.messages === 0 ? 0 : state.last_seq - state.first_seq + 1 },
      (_, index) => state.first_seq + index,
    );
    const events: StreamedEvent[] = [];
    const inFlight = 200;
    for (let start = 0; start < sequences.length; start += inFlight) {
      const batch = sequences.slice(start, start + inFlight).map(async (seq) => {
        const message = await manager.streams.getMessage(stream, { seq });
        if (message === null) throw new Error(`the stream has no message ${seq}`);
        const { subject, header } = message;
        const event = readEventMessage({ subject, headers: toMap(header), data: message.string() });
        return { ...event, sequence: seq };
      });
      events.push(...(await Promise.all(batch)));
    }
    return events;
  } finally {
    await connection.close();
  }
}

/** Deletes the stream and its messages. */
export async function deleteStream(url: string, stream = 'USERS'): Promise<void> {
  const connection = await connect({ servers: url });
  await (await jetstreamManager(connection)).streams.delete(stream);
  await connection.close();
}

function toMap(header: MsgHdrs): ReadonlyMap<string, string> {
  return new Map([...header].map(([name, values]) => [name, values[0] ?? '']));
}
