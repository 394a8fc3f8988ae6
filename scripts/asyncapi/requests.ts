import type { TSchema } from 'typebox';
import { EXAMPLES } from '../../src/interfaces/http/openapi/examples.ts';
import { schemaName, withReferences } from '../../src/interfaces/http/openapi/named-schemas.ts';
import type { Endpoint } from '../../src/interfaces/nats/endpoint.ts';
import { SERVICE_NAME, subjectOf } from '../../src/interfaces/nats/endpoints.ts';
import { requestHeaders, requestHeadersOf, responseHeaders } from './headers.ts';
import { camelCase, type Json, pascalCase, reference } from './json.ts';
import { problemReferences } from './problems.ts';

const REQUEST_ID = '0198c0de-1f2e-4a5b-8c7d-9e0f1a2b3c4d';
const MEDIA_TYPE = 'application/json';

export const securitySchemes: Json = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token of a signed-in user, in the message header `Authorization`.',
  },
  serviceKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'A service key (`usk_…`), in the message header `Authorization`.',
  },
};

/** The channel of the requests to an endpoint, and that of its replies. */
export function requestChannels(endpoint: Endpoint): Json {
  const subject = subjectOf(endpoint);
  return {
    [subject]: {
      address: subject,
      title: endpoint.summary,
      messages: { request: requestMessage(endpoint) },
    },
    [`${subject}.reply`]: {
      title: `Reply to \`${subject}\``,
      description: 'The address is the reply subject of the request, an inbox of the caller.',
      messages: {
        response: reference(
          `components/messages/${responseName(endpoint.name, endpoint.response)}`,
        ),
        ...(endpoint.acceptedResponse === undefined
          ? {}
          : {
              accepted: reference(
                `components/messages/${responseName(endpoint.name, endpoint.acceptedResponse)}`,
              ),
            }),
        ...problemReferences(endpoint),
      },
    },
  };
}

export function requestOperation(endpoint: Endpoint): Json {
  const channel = `channels/${subjectOf(endpoint)}`;
  return {
    [camelCase(endpoint.name)]: {
      action: 'receive',
      title: endpoint.summary,
      summary: endpoint.summary,
      ...describeAccess(endpoint),
      tags: [reference('components/tags/requests')],
      channel: reference(channel),
      bindings: reference('components/operationBindings/queue'),
      reply: { channel: reference(`${channel}.reply`) },
    },
  };
}

/** Every instance is in one queue group, so that one of them receives a request. */
export const requestBindings: Json = { queue: { nats: { queue: SERVICE_NAME } } };

/** The messages of successful replies. */
export function responseMessages(endpoints: readonly Endpoint[]): Json {
  const responses = endpoints.flatMap(({ name, response, acceptedResponse }) =>
    [response, acceptedResponse].flatMap((schema) => (schema ? [{ endpoint: name, schema }] : [])),
  );
  return Object.fromEntries(
    responses.map(({ endpoint, schema }) => {
      const name = responseName(endpoint, schema);
      return [
        name,
        {
          name,
          title: name.replace(/(?!^)([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`),
          headers: reference('components/schemas/ResponseHeaders'),
          payload: withReferences(schema),
          examples: [
            {
              name: camelCase(endpoint),
              headers: { 'X-Request-Id': REQUEST_ID, 'Content-Type': MEDIA_TYPE },
              payload: EXAMPLES[name],
            },
          ],
        },
      ];
    }),
  );
}

/** The schemas of headers of requests and successful replies. */
export function requestSchemas(): Json {
  return { ...requestHeaders(), ResponseHeaders: responseHeaders(MEDIA_TYPE) };
}

function requestMessage(endpoint: Endpoint): Json {
  const { name, summary, access, body, example } = endpoint;
  return {
    name: `${pascalCase(name)}Request`,
    title: summary,
    headers: requestHeadersOf(endpoint),
    payload: withReferences(body),
    examples: [
      {
        name: camelCase(name),
        headers: {
          ...(access === 'public' ? {} : { Authorization: 'Bearer usk_…' }),
          'X-Request-Id': REQUEST_ID,
        },
        payload: example,
      },
    ],
  };
}

/** @throws Error for a response without a name or an example: the document refers to both. */
function responseName(endpoint: string, response: TSchema): string {
  const named = schemaName(response);
  if (named === undefined || EXAMPLES[named] === undefined) {
    throw new Error(`the response of ${endpoint} needs a schema name and an example`);
  }
  return named;
}

function describeAccess({ access }: Endpoint): Json {
  if (access === 'public') {
    return { description: 'Needs no credentials and ignores them.', security: [] };
  }
  if (access === 'public_or_service') {
    return {
      description:
        'Needs no credentials. A service key with the scope `users:write` or `users:admin` registers users in every `registration.mode`.',
      security: [],
    };
  }
  const scope = access.slice(access.indexOf(':') + 1);
  const service = `a service key with the scope \`${scope}\``;
  const serviceKey = reference('components/securitySchemes/serviceKey');
  if (access.startsWith('scope:')) {
    return { description: `Needs ${service}.`, security: [serviceKey] };
  }
  const user = access.startsWith('self_or:') ? 'the user with this id' : 'any user';
  return {
    description: `Needs the access token of ${user}, or ${service}.`,
    security: [reference('components/securitySchemes/accessToken'), serviceKey],
  };
}
