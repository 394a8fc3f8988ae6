import { type EventStream, StreamConflict } from './domain/outbox/event-stream.ts';
import type { Logger } from './domain/ports.ts';
import type { NatsLink } from './infrastructure/message/nats-connection.ts';
import { withDeadline } from './lib/deadline.ts';
import { StartError } from './start-failure.ts';

/** Long for a server that is there, and short for a start without it. */
const TIMEOUT_MS = 2_000;

/**
 * Makes the stream, or brings it up to date, before the service listens. Where NATS does not answer in time, the start
 * goes on: the relay prepares the stream as soon as it does.
 * @throws StartError when the stream cannot carry the events as configured.
 */
export async function prepareEventStream(deps: {
  readonly link: Pick<NatsLink, 'onChange'>;
  readonly stream: Pick<EventStream, 'prepare'>;
  readonly logger: Logger;
}): Promise<void> {
  const { link, stream, logger } = deps;
  let unlisten = (): void => {};
  const connected = new Promise<void>((resolve) => {
    unlisten = link.onChange((isConnected) => void (isConnected && resolve()));
  });
  try {
    await withDeadline('preparing the event stream', TIMEOUT_MS, async () => {
      await connected;
      await stream.prepare();
    });
  } catch (error) {
    if (error instanceof StreamConflict) throw new StartError(error.message, { cause: error });
    logger.warn('the event stream is prepared later: events wait in the outbox', { error });
  } finally {
    unlisten();
  }
}
