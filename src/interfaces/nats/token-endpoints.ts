import {
  introspectionBody,
  introspectionSchema,
  toIntrospectionResponse,
} from '../api/schemas/introspection.ts';
import { endpoint } from './endpoint.ts';

export const introspectToken = endpoint({
  prefix: 'tokens.v1',
  name: 'introspect',
  summary: 'Introspect an access token',
  access: 'scope:tokens:introspect',
  body: introspectionBody,
  example: { token: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln' },
  response: introspectionSchema,
  problems: [],
  handle: async ({ caller, body }, { access }, { issuer }) =>
    toIntrospectionResponse(await access.introspectToken(caller, body.token), issuer),
});
