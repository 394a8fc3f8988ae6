import type { Static } from 'typebox';
import type {
  EndpointInput,
  EndpointWithSecret,
} from '../../../../application/webhooks/webhook-use-cases.ts';
import type { WebhookEndpoint } from '../../../../domain/webhook/webhook-endpoint.ts';
import { etagOf, ifMatchHeader, readIfMatch } from '../../../api/preconditions.ts';
import { publicPath } from '../../public-path.ts';
import { type Route, route } from '../../route.ts';
import {
  endpointBody,
  endpointListSchema,
  endpointParams,
  endpointPatchBody,
  endpointSchema,
  endpointWithSecretSchema,
  rotationBody,
  toEndpointResponse,
} from './schemas.ts';

const tag = 'Webhooks';
const access = 'scope:webhooks:admin';
const PATH = '/v1/webhook-endpoints';
const etag = { ETag: 'Version of the endpoint, for `If-Match`.' };

function toInput({ user_id: userId, ...body }: Static<typeof endpointPatchBody>): EndpointInput {
  return { ...body, userId };
}

function endpointResponse(endpoint: WebhookEndpoint) {
  return {
    status: 200,
    body: toEndpointResponse(endpoint),
    headers: { etag: etagOf(endpoint.version) },
  };
}

function withSecret({ endpoint, secret }: EndpointWithSecret) {
  return {
    status: 201,
    body: { ...toEndpointResponse(endpoint), secret },
    headers: { etag: etagOf(endpoint.version) },
  };
}

const createWebhookEndpoint = route({
  method: 'POST',
  path: PATH,
  operationId: 'createWebhookEndpoint',
  tag,
  summary: 'Create a webhook endpoint',
  description:
    'The endpoint gets events from now on, as requests that are signed by Standard Webhooks. The response is the only one with the secret.',
  access,
  body: { schema: endpointBody, mediaTypes: ['application/json'] },
  responses: {
    201: {
      description: 'The endpoint and its secret.',
      schema: endpointWithSecretSchema,
      headers: { ...etag, Location: 'Path of the new endpoint.' },
    },
  },
  problems: ['webhook_limit_reached'],
  handle: async ({ caller, body }, { useCases, settings }) => {
    const { scheme = 'v1', ...input } = body;
    const created = await useCases.webhooks.create(caller, { ...toInput(input), scheme });
    const response = withSecret(created);
    const location = `${publicPath(settings.publicUrl)}${PATH}/${created.endpoint.id}`;
    return { ...response, headers: { ...response.headers, location } };
  },
});

const listWebhookEndpoints = route({
  method: 'GET',
  path: PATH,
  operationId: 'listWebhookEndpoints',
  tag,
  summary: 'List webhook endpoints',
  access,
  responses: {
    200: {
      description: 'All endpoints, at most 100, in the order of their creation.',
      schema: endpointListSchema,
    },
  },
  problems: [],
  handle: async ({ caller }, { useCases }) => {
    const endpoints = await useCases.webhooks.list(caller);
    return { status: 200, body: { webhook_endpoints: endpoints.map(toEndpointResponse) } };
  },
});

const getWebhookEndpoint = route({
  method: 'GET',
  path: `${PATH}/{id}`,
  operationId: 'getWebhookEndpoint',
  tag,
  summary: 'Get a webhook endpoint',
  access,
  params: endpointParams,
  responses: { 200: { description: 'The endpoint.', schema: endpointSchema, headers: etag } },
  problems: ['webhook_endpoint_not_found'],
  handle: async ({ caller, params }, { useCases }) =>
    endpointResponse(await useCases.webhooks.get(caller, params.id)),
});

const patchWebhookEndpoint = route({
  method: 'PATCH',
  path: `${PATH}/{id}`,
  operationId: 'patchWebhookEndpoint',
  tag,
  summary: 'Change, enable or disable a webhook endpoint',
  description:
    'A JSON Merge Patch (RFC 7396): omitted fields stay unchanged. An endpoint that is enabled again goes on where it was.',
  access,
  params: endpointParams,
  headers: [ifMatchHeader(false)],
  body: {
    schema: endpointPatchBody,
    mediaTypes: ['application/merge-patch+json', 'application/json'],
  },
  responses: {
    200: {
      description: 'The endpoint after the change.',
      schema: endpointSchema,
      headers: etag,
    },
  },
  problems: ['webhook_endpoint_not_found', 'version_mismatch'],
  handle: async ({ caller, params, body, header }, { useCases }) => {
    const expected = readIfMatch(header('if-match'));
    return endpointResponse(
      await useCases.webhooks.update(caller, params.id, toInput(body), expected),
    );
  },
});

const deleteWebhookEndpoint = route({
  method: 'DELETE',
  path: `${PATH}/{id}`,
  operationId: 'deleteWebhookEndpoint',
  tag,
  summary: 'Delete a webhook endpoint',
  access,
  params: endpointParams,
  headers: [ifMatchHeader(false)],
  responses: { 204: { description: 'The endpoint, its secrets and its deliveries are deleted.' } },
  problems: ['webhook_endpoint_not_found', 'version_mismatch'],
  handle: async ({ caller, params, header }, { useCases }) => {
    await useCases.webhooks.delete(caller, params.id, readIfMatch(header('if-match')));
    return { status: 204 };
  },
});

const rotateWebhookSecret = route({
  method: 'POST',
  path: `${PATH}/{id}/secret-rotations`,
  operationId: 'rotateWebhookSecret',
  tag,
  summary: 'Issue another secret for a webhook endpoint',
  description: 'During the overlap each request has a signature of every secret.',
  access,
  params: endpointParams,
  body: { schema: rotationBody, mediaTypes: ['application/json'] },
  responses: {
    201: {
      description: 'The endpoint and the new secret. No later response shows it.',
      schema: endpointWithSecretSchema,
      headers: etag,
    },
  },
  problems: ['webhook_endpoint_not_found', 'webhook_limit_reached'],
  handle: async ({ caller, params, body }, { useCases }) => {
    const { overlap, scheme } = body;
    const input = { overlapSeconds: overlap, scheme };
    return withSecret(await useCases.webhooks.rotateSecret(caller, params.id, input));
  },
});

export const webhookEndpointRoutes: readonly Route[] = [
  createWebhookEndpoint,
  listWebhookEndpoints,
  getWebhookEndpoint,
  patchWebhookEndpoint,
  deleteWebhookEndpoint,
  rotateWebhookSecret,
];
