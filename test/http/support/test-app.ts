import { patientHashing } from '../../support/api.ts';
import { type AppDatabase, createTestApp } from '../../support/app.ts';
import { createRecordingLogger, type LogLine } from '../../support/logger.ts';

/** A request to the app; `as` is a bearer token or service key. */
export interface TestRequest {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer of the app. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** The parsed body; empty where there is no JSON. */
  readonly body: Readonly<Record<string, unknown>> & {
    readonly errors?: readonly { pointer: string }[];
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

/** The whole service, called as its clients do. */
export interface RouteApp {
  readonly lines: readonly LogLine[];
  call(method: string, url: string, request?: TestRequest): Promise<TestAnswer>;
  /** As `call`, over the control socket. */
  operate(method: string, url: string, request?: TestRequest): Promise<TestAnswer>;
  /** A new service account's key. */
  serviceKey(...scopes: readonly string[]): Promise<string>;
  /** A new user, signed in. */
  user(): Promise<TestUser>;
  stop(): Promise<unknown>;
}

/** Builds the service as production does. Stop it when the tests are done. */
export async function createRouteApp(database: AppDatabase = 'embedded'): Promise<RouteApp> {
  const logger = createRecordingLogger();
  const app = await createTestApp({ database, logger, env: patientHashing });
  let count = 0;

  const callOn =
    (server: typeof app.http) =>
    async (method: string, url: string, request: TestRequest = {}): Promise<TestAnswer> => {
      const answer = await server.inject({
        method: method as 'GET',
        url,
        headers: {
          ...(request.as === undefined ? {} : { authorization: `Bearer ${request.as}` }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { payload: request.body as object }),
      });
      const isJson = String(answer.headers['content-type']).includes('json');
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: isJson ? answer.json() : {},
        text: answer.body,
      };
    };
  const call = callOn(app.http);
  const operate = callOn(app.operator);

  return {
    lines: logger.lines,
    call,
    operate,
    async serviceKey(...scopes) {
      count += 1;
      const body = { name: `service-${count}`, scopes };
      const answer = await operate('POST', '/v1/service-accounts', { body });
      return String(answer.body.key);
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
    stop: () => app.stop(),
  };
}
