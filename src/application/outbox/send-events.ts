import {
  EventHeldBack,
  EventRemembered,
  type EventStream,
} from '../../domain/outbox/event-stream.ts';
import type { OutboxQueue, WaitingEvent } from '../../domain/outbox/outbox-queue.ts';
import type { AcknowledgedPlace, KnownStreamWindow } from './stream-reconciler.ts';

/** What is known when events are sent. */
export interface SendingTerm {
  readonly known: KnownStreamWindow;
  /** False once the lease may have expired, or the connection to the broker has changed. */
  mayStillSend(): boolean;
}

interface Deps {
  readonly queue: Pick<OutboxQueue, 'isBefore'>;
  readonly stream: Pick<EventStream, 'add' | 'find' | 'holds'>;
  /** Notes the outcome. @returns the place, or null after a failure; never rejects. */
  note(event: WaitingEvent, sending: Promise<AcknowledgedPlace>): Promise<AcknowledgedPlace | null>;
  /** Notes events that are not sent, since an earlier one of their user was not added. */
  holdBack(events: readonly WaitingEvent[]): void;
}

/** How far the clocks of the database, the instances and the broker may be apart. */
const CLOCK_MARGIN_MS = 60_000;

/**
 * Whether the broker may have forgotten that it has the event: a relay that died may have sent it, and only within its
 * duplicate window does the broker recognise it. The age is by two clocks, so it may be wrong by their difference.
 */
function mayBeForgotten(
  { ageMs }: WaitingEvent,
  { duplicateWindowMs }: KnownStreamWindow,
): boolean {
  return ageMs > duplicateWindowMs / 2 - CLOCK_MARGIN_MS || ageMs < -CLOCK_MARGIN_MS;
}

/**
 * Creates the function that sends the events of one user in their order. It resolves when all have an outcome, and never
 * rejects.
 *
 * The first events are sent one after the other, until the stream has added one. The rest follows without a wait: the
 * broker adds each of these only directly after the one before it. An event that the stream had already does not start
 * this, since the broker may know ids of events that its stream has lost. `models/relay.pml` is the protocol.
 */
export function createEventSender({ queue, stream, note, holdBack }: Deps) {
  async function publish(
    event: WaitingEvent,
    { known, mayStillSend }: SendingTerm,
    previousId: string | null,
  ): Promise<AcknowledgedPlace> {
    const markedBefore = known.sequence;
    if (!mayStillSend())
      throw new EventHeldBack('the lease may have expired, or the connection has changed');
    const { sequence, duplicate } = await stream.add(event, previousId);
    if (duplicate && !(await stream.holds({ id: event.id, sequence }))) {
      throw new EventRemembered('the stream lost the event, and the broker still knows its id');
    }
    return { sequence, duplicate, markedBefore };
  }

  /** @returns where the stream has the event that may have been sent long ago, or null. */
  async function findSent(
    event: WaitingEvent,
    known: KnownStreamWindow,
  ): Promise<AcknowledgedPlace | null> {
    if (!mayBeForgotten(event, known)) return null;
    const sequence = await stream.find(event, (id) => queue.isBefore(id, event.position));
    return sequence === null ? null : { sequence, duplicate: true, markedBefore: known.sequence };
  }

  async function findOrPublish(event: WaitingEvent, term: SendingTerm): Promise<AcknowledgedPlace> {
    return (await findSent(event, term.known)) ?? publish(event, term, null);
  }

  /** Without a wait for events that need no look: nearly all of them. */
  function sendFirst(event: WaitingEvent, term: SendingTerm): Promise<AcknowledgedPlace> {
    return mayBeForgotten(event, term.known)
      ? findOrPublish(event, term)
      : publish(event, term, null);
  }

  async function sendInOrder(events: readonly WaitingEvent[], term: SendingTerm): Promise<void> {
    for (const [index, event] of events.entries()) {
      const place = await note(event, sendFirst(event, term));
      const rest = events.slice(index + 1);
      // A sequence that was given before belongs to a stream that has lost its end: earlier events are sent again first.
      if (place === null || (!place.duplicate && place.sequence <= place.markedBefore)) {
        return holdBack(rest);
      }
      if (!place.duplicate) return sendRest(rest, term);
    }
  }

  /** Sends events whose predecessor the stream has just added, each tied to the one before it. */
  async function sendRest(events: readonly WaitingEvent[], term: SendingTerm): Promise<void> {
    const found = events.map((event) => findSent(event, term.known));
    const places = await Promise.allSettled(found);
    const sendings: Promise<unknown>[] = [];
    let previousId: string | null = null;
    for (const [index, event] of events.entries()) {
      const look = places[index];
      if (look?.status === 'rejected') {
        sendings.push(note(event, Promise.reject(look.reason)));
        holdBack(events.slice(index + 1));
        break;
      }
      const place = look?.value ?? null;
      sendings.push(
        note(event, place === null ? publish(event, term, previousId) : Promise.resolve(place)),
      );
      if (place === null) previousId = event.id;
    }
    await Promise.all(sendings);
  }

  return (events: readonly WaitingEvent[], term: SendingTerm): Promise<unknown> => {
    const [first] = events;
    return first !== undefined && events.length === 1
      ? note(first, sendFirst(first, term))
      : sendInOrder(events, term);
  };
}
