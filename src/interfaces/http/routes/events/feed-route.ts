import Type from 'typebox';
import { writePosition } from '../../../../application/outbox/feed-position.ts';
import { STREAM_HEADERS } from '../../long-lived.ts';
import { publicPath } from '../../public-path.ts';
import { route } from '../../route.ts';
import { type CollectedPage, collectPage, writePage } from './feed-page.ts';
import { type FeedQuery, feedQuery, readFeedQuery, readLastEventId } from './feed-query.ts';
import { EVENT_STREAM, streamEvents } from './feed-stream.ts';

const NDJSON = 'application/x-ndjson';
const PATH = '/v1/events';

/** One line of a page. */
export const cloudEventSchema = Type.Object({
  specversion: Type.String(),
  id: Type.String(),
  source: Type.String(),
  type: Type.String(),
  time: Type.String({ format: 'date-time' }),
  subject: Type.Optional(Type.String({ description: 'The id of the user.' })),
  datacontenttype: Type.String(),
  dataschema: Type.String(),
  userversion: Type.Optional(Type.Integer({ description: 'The version of the user after it.' })),
  sequence: Type.String({ description: 'Its number in the feed, without gaps.' }),
  data: Type.Unknown(),
});

export const feedRoute = route({
  method: 'GET',
  path: PATH,
  operationId: 'readEvents',
  tag: 'Events',
  summary: 'Read or follow events',
  description:
    'Events in the order of their numbers, which is the order of their commits. A page has one CloudEvent a line; the header `Link` has the next page. With `wait` the answer comes with the first event. With `Accept: text/event-stream` events come as they are committed, and `Last-Event-ID` goes on after the last one; `limit` and `wait` are ignored then. With a filter a record `{"position": …}` says how far the feed was read.',
  access: 'scope:events:read',
  longLived: true,
  query: feedQuery,
  headers: [
    {
      name: 'Last-Event-ID',
      required: false,
      description: 'For streams: the `id` of the last event that was received, above `after`.',
    },
  ],
  responses: {
    200: {
      description: 'One page of events, or a stream of them.',
      schema: cloudEventSchema,
      mediaType: NDJSON,
      otherMediaTypes: [EVENT_STREAM],
      headers: { Link: 'The next page, as `rel="next"`.' },
    },
  },
  problems: ['position_gone', 'overloaded'],
  handle: async ({ caller, query, header, connection }, { useCases, settings, logger }) => {
    const request = readFeedQuery(query);
    const { events: limits } = settings;
    const { feed } = useCases;
    if (wantsStream(header('accept'))) {
      const after = readLastEventId(header('last-event-id')) ?? request.after;
      const stream = await streamEvents(
        caller,
        { ...request, after },
        { ...{ feed, connection, logger }, maxDurationMs: limits.maxDurationMs },
      );
      return {
        status: 200,
        headers: {
          ...STREAM_HEADERS,
          'content-type': EVENT_STREAM,
          'x-accel-buffering': 'no',
          vary: 'accept',
        },
        body: stream,
      };
    }
    const bounded = {
      ...request,
      limit: Math.min(request.limit, limits.page),
      waitMs: Math.min(request.waitMs, limits.waitMs),
    };
    const page = await collectPage(caller, bounded, { feed, connection });
    return {
      status: 200,
      headers: {
        'content-type': NDJSON,
        link: nextLink(publicPath(settings.publicUrl), query, page),
        vary: 'accept',
      },
      body: writePage(page, request.types !== null || request.userId !== null),
    };
  },
});

/** Pages are the default: a stream never ends by itself, so only clients that name it get one. */
export function wantsStream(accept: string | undefined): boolean {
  return accept?.toLowerCase().includes(EVENT_STREAM) === true;
}

function nextLink(base: string, query: FeedQuery, { position }: CollectedPage): string {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, after: writePosition(position) })) {
    if (value !== undefined) next.set(name, String(value));
  }
  return `<${base}${PATH}?${next}>; rel="next"`;
}
