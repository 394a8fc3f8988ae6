import type { LoadRequest } from '../load-generator.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const PASSWORD = 'velvet anchor 208 drifts past noon';
const NAME = { first_name: 'Ada', last_name: 'Okafor' };
const PARSE = { 'x-parse-application-id': 'bench' };

/** A product whose registration, sign-in and read of the own user are compared. */
export interface Peer {
  readonly name: string;
  /** For npm, with exact versions. */
  readonly packages: readonly string[];
  /** Server program beside this file. It prints `ready`. */
  readonly program: string;
  register(email: string): LoadRequest;
  signIn(email: string): LoadRequest;
  /** The token in the body of a sign-in. */
  tokenOf(body: Readonly<Record<string, unknown>>): unknown;
  read(token: string): LoadRequest;
}

export const OURS: Omit<Peer, 'packages' | 'program'> = {
  name: 'this service',
  register: (email) => post('/v1/users', { ...NAME, email, password: PASSWORD }),
  signIn: (email) => post('/v1/sessions', { email, password: PASSWORD }),
  tokenOf: ({ access_token: token }) => token,
  read: (token) => get('/v1/me', { authorization: `Bearer ${token}` }),
};

export const PEERS: readonly Peer[] = [
  {
    name: 'better-auth 1.7.25',
    packages: ['better-auth@1.7.25', 'pg@8.23.1'],
    program: 'better-auth.mjs',
    register: (email) =>
      post('/api/auth/sign-up/email', { name: 'Ada Okafor', email, password: PASSWORD }),
    signIn: (email) => post('/api/auth/sign-in/email', { email, password: PASSWORD }),
    tokenOf: ({ token }) => token,
    read: (token) => get('/api/auth/get-session', { authorization: `Bearer ${token}` }),
  },
  {
    name: 'parse-server 9.10.0',
    packages: ['parse-server@9.10.0', 'express@5'],
    program: 'parse-server.mjs',
    register: (email) =>
      post('/parse/users', { username: email, email, password: PASSWORD }, PARSE),
    signIn: (email) => post('/parse/login', { username: email, password: PASSWORD }, PARSE),
    tokenOf: ({ sessionToken }) => sessionToken,
    read: (token) => get('/parse/users/me', { ...PARSE, 'x-parse-session-token': token }),
  },
  {
    // The newest that npm installs with Node 20.
    name: 'directus 11.3.5',
    packages: ['directus@11.3.5'],
    program: 'directus.mjs',
    register: (email) => post('/users/register', { ...NAME, email, password: PASSWORD }),
    signIn: (email) => post('/auth/login', { email, password: PASSWORD }),
    tokenOf: ({ data }) => (data as { readonly access_token?: unknown }).access_token,
    read: (token) =>
      get('/users/me?fields=id,first_name,last_name,email', { authorization: `Bearer ${token}` }),
  },
];

function post(path: string, body: object, headers: Record<string, string> = {}): LoadRequest {
  return {
    ...{ method: 'POST', path, headers: { ...JSON_TYPE, ...headers } },
    body: JSON.stringify(body),
  };
}

function get(path: string, headers: Record<string, string>): LoadRequest {
  return { method: 'GET', path, headers };
}
