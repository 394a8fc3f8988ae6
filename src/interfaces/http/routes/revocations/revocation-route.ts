import Type from 'typebox';
import { parsePosition, writePosition } from '../../../../application/outbox/feed-position.ts';
import { validateFields } from '../../../../domain/errors.ts';
import { matchesTag } from '../../../api/preconditions.ts';
import { closedObject } from '../../../api/schemas/common.ts';
import { revocationSchema } from '../../../api/schemas/revocation.ts';
import { STREAM_HEADERS } from '../../long-lived.ts';
import { publicPath } from '../../public-path.ts';
import { route } from '../../route.ts';
import { readLastEventId, readWait } from '../events/feed-query.ts';
import { wantsStream } from '../events/feed-route.ts';
import { EVENT_STREAM } from '../events/feed-stream.ts';
import { collectRevocations, streamRevocations, writeLines } from './revocation-page.ts';
import { followRevocations } from './revocation-stream.ts';

const NDJSON = 'application/x-ndjson';
const PATH = '/v1/revocations';

const revocationQuery = closedObject({
  after: Type.Optional(
    Type.String({
      description:
        'Return revocations behind this position. Default: the whole set of those that concern valid tokens.',
    }),
  ),
  wait: Type.Optional(
    Type.String({
      description:
        'With `after`, how long to wait for the first revocation, such as `25s` or `500ms`, up to `revocations.wait`. Default: not at all.',
    }),
  ),
});

export const revocationRoute = route({
  method: 'GET',
  path: PATH,
  operationId: 'readRevocations',
  tag: 'Tokens',
  summary: 'Read or follow revocations of tokens',
  description:
    'For services that verify tokens by themselves. Without `after` the answer is the whole set, one revocation a line; its last line is the record `{"position": …}`, and a set without it is incomplete. With `after` the answer has at most 1,000 revocations behind the position, and with `wait` it comes with the first one. The header `Link` has the next page. With `Accept: text/event-stream` the set comes first and then each revocation; an event `position` says, at least every 5 s, that everything up to it was sent. `Last-Event-ID` goes on after the last one.',
  access: 'scope:tokens:introspect',
  longLived: true,
  query: revocationQuery,
  headers: [
    {
      name: 'If-None-Match',
      required: false,
      description:
        'Without `after`: entity tags that you have. The response is 304 while nothing was revoked since.',
    },
    {
      name: 'Last-Event-ID',
      required: false,
      description: 'For streams: the `id` of the last event that was received, above `after`.',
    },
  ],
  responses: {
    200: {
      description: 'Revocations, one a line, or a stream of them.',
      schema: revocationSchema,
      mediaType: NDJSON,
      otherMediaTypes: [EVENT_STREAM],
      headers: {
        Link: 'The next page, as `rel="next"`.',
        ETag: 'Of the whole set; it changes with each revocation.',
      },
    },
    304: { description: 'Nothing was revoked since.' },
  },
  problems: ['position_gone', 'overloaded'],
  handle: async ({ caller, query, header, connection }, { useCases, settings, logger }) => {
    const { after, wait } = validateFields({
      after: () => (query.after === undefined ? null : parsePosition(query.after)),
      wait: () => readWait(query.wait),
    });
    const revocations = useCases.access.readRevocations;
    if (wantsStream(header('accept'))) {
      const start = readLastEventId(header('last-event-id')) ?? after;
      const { maxDurationMs } = settings.events;
      const stream = await followRevocations(caller, start ?? { sequence: 0, check: null }, {
        revocations,
        connection,
        logger,
        maxDurationMs,
      });
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
    const base = publicPath(settings.publicUrl);
    const nextLink = (position: string) => {
      const next = new URLSearchParams({ after: position });
      if (query.wait !== undefined) next.set('wait', query.wait);
      return `<${base}${PATH}?${next}>; rel="next"`;
    };
    if (after !== null) {
      const request = { after, waitMs: Math.min(wait, settings.revocations.waitMs) };
      const page = await collectRevocations(caller, request, { revocations, connection });
      return {
        status: 200,
        headers: {
          'content-type': NDJSON,
          link: nextLink(writePosition(page.position)),
          vary: 'accept',
        },
        body: writeLines(page.entries),
      };
    }
    const release = await revocations.connect(caller);
    try {
      const set = await revocations.readAll(caller);
      const tag = writePosition(set.position);
      const headers = { etag: `"${tag}"`, link: nextLink(tag), vary: 'accept' };
      if (matchesTag(header('if-none-match'), tag)) {
        release();
        return { status: 304, headers };
      }
      const { requestId } = caller;
      return {
        status: 200,
        headers: { ...headers, ...STREAM_HEADERS, 'content-type': NDJSON },
        body: streamRevocations(set, { release, logger, requestId }),
      };
    } catch (error) {
      release();
      throw error;
    }
  },
});
