import type { EmailAddress } from '../../../src/domain/user/email-address.ts';
import type { ChallengePurpose } from '../../../src/domain/verification/challenge.ts';
import { createPostgresChallengeRepository } from '../../../src/infrastructure/database/postgres/challenge-repository.ts';
import { createPostgresInvitationRepository } from '../../../src/infrastructure/database/postgres/invitation-repository.ts';
import { createChallengeSecrets } from '../../../src/infrastructure/security/challenge-secrets.ts';
import { createInvitationTokens } from '../../../src/infrastructure/security/invitation-tokens.ts';
import { createMasterKeys } from '../../../src/infrastructure/security/master-key.ts';
import { ids } from '../../contract/fixtures.ts';
import { patientHashing } from '../../support/api.ts';
import { type AppDatabase, createMasterKey, createTestApp } from '../../support/app.ts';
import { createRecordingLogger, type LogLine } from '../../support/logger.ts';

/** A request to the app; `as` is a bearer token or service key. */
export interface TestRequest {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The parsed body; empty if it is not JSON. */
  readonly body: Readonly<Record<string, unknown>> & {
    readonly errors?: readonly { pointer: string; code: string }[];
  };
  readonly text: string;
}

/** A registered user who is signed in. */
export interface TestUser {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly sessionId: string;
}

/** The complete service, as its clients call it. */
export interface RouteApp {
  readonly lines: readonly LogLine[];
  call(method: string, url: string, request?: TestRequest): Promise<TestResponse>;
  /** Like `call`, over the control socket. */
  operate(method: string, url: string, request?: TestRequest): Promise<TestResponse>;
  /** Creates a service account. @returns its key */
  serviceKey(...scopes: readonly string[]): Promise<string>;
  /** Registers a user and signs in. */
  user(): Promise<TestUser>;
  /** Stores an invitation as `POST /v1/invitations` does. @returns the token that only its mail has */
  invite(email: string): Promise<string>;
  /** Sends no mail. @returns the token of a link that proves this address for this user */
  challenge(
    purpose: ChallengePurpose,
    user: { readonly id: string; readonly email: string },
  ): Promise<string>;
  stop(): Promise<unknown>;
}

/** Creates the service as production does. Stop it after the tests. */
export async function createRouteApp(
  database: AppDatabase = 'embedded',
  env: Readonly<Record<string, string>> = {},
): Promise<RouteApp> {
  const logger = createRecordingLogger();
  const masterKey = createMasterKey();
  const app = await createTestApp({
    ...{ database, logger },
    env: { ...patientHashing, SECURITY_MASTER_KEY: masterKey, ...env },
  });
  let count = 0;

  const callOn =
    (server: typeof app.http) =>
    async (method: string, url: string, request: TestRequest = {}): Promise<TestResponse> => {
      const response = await server.inject({
        method: method as 'GET',
        url,
        headers: {
          ...(request.as === undefined ? {} : { authorization: `Bearer ${request.as}` }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { payload: request.body as object }),
      });
      const isJson = /[/+]json/.test(String(response.headers['content-type']));
      return {
        status: response.statusCode,
        headers: response.headers,
        body: isJson ? response.json() : {},
        text: response.body,
      };
    };
  const call = callOn(app.http);
  const operate = callOn(await app.operator());

  return {
    lines: logger.lines,
    call,
    operate,
    async serviceKey(...scopes) {
      count += 1;
      const body = { name: `service-${count}`, scopes };
      const response = await operate('POST', '/v1/service-accounts', { body });
      return String(response.body.key);
    },
    async user() {
      count += 1;
      const email = `person-${count}@example.com`;
      const password = `a quiet harbour ${count}`;
      const person = { first_name: 'Per', last_name: 'Son', phone: null, email, password };
      const registered = await call('POST', '/v1/users', { body: person });
      const signedIn = await call('POST', '/v1/sessions', { body: { email, password } });
      return {
        id: String(registered.body.id),
        email,
        password,
        token: String(signedIn.body.access_token),
        refreshToken: String(signedIn.body.refresh_token),
        sessionId: String(signedIn.body.session_id),
      };
    },
    async invite(email) {
      const tokens = createInvitationTokens({
        masterKeys: createMasterKeys(Buffer.from(masterKey, 'base64')),
      });
      const id = ids.next();
      const { token, hash } = tokens.create(id);
      await createPostgresInvitationRepository(app.database).insert({
        ...{ id, email: email as EmailAddress, locale: null, tokenHash: hash },
        ...{ firstName: null, lastName: null, ttlMs: 60_000 },
      });
      return token;
    },
    async challenge(purpose, { id: userId, email }) {
      const secrets = createChallengeSecrets({
        masterKeys: createMasterKeys(Buffer.from(masterKey, 'base64')),
      });
      const id = ids.next();
      const { token, tokenHash, codeHmac } = secrets.create(id);
      const challenge = { id, purpose, userId, email, tokenHash, codeHmac };
      await createPostgresChallengeRepository(app.database).insert(
        {
          ...{ ...challenge, byHolder: true },
          ...{ guessKey: tokenHash, codeTtlMs: 60_000, ttlMs: 60_000 },
        },
        3,
      );
      return token;
    },
    stop: () => app.stop(),
  };
}
