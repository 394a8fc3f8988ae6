import { createVerifier, type Verifier, type VerifierOptions } from '@user-service/client/verify';
import { onTestFinished } from 'vitest';
import { type Api, createApi, patientHashing } from '../../support/api.ts';
import { createTestApp, type TestAppOptions } from '../../support/app.ts';

const ISSUER = 'http://service.test';

/** The real service on a port, and what another service needs to verify its tokens. */
export interface RunningService {
  readonly url: string;
  readonly api: Api;
  /** With the scope `tokens:introspect`. */
  readonly key: string;
  /** A verifier of tokens for `user-service`, closed after the test; it follows the revocations over HTTP. */
  verifier(options?: Partial<VerifierOptions>): Verifier;
  /** Registers a user and signs in. */
  signIn(): Promise<{
    readonly userId: string;
    readonly sessionId: string;
    readonly token: string;
  }>;
  /** The access token of a new service account. */
  serviceToken(
    ...scopes: readonly string[]
  ): Promise<{ readonly id: string; readonly token: string }>;
  endSession(token: string): Promise<void>;
  stop(): Promise<unknown>;
}

export async function startRunningService(
  options: Partial<TestAppOptions> = {},
): Promise<RunningService> {
  const env = { ...patientHashing, ...options.env };
  const app = await createTestApp({ database: 'embedded', ...options, env });
  const { url } = await app.listen();
  const api = createApi(app);
  const { key } = await api.createService('tokens:introspect');
  return {
    ...{ url, api, key },
    verifier(changes = {}) {
      const verifier = createVerifier({
        ...{ issuer: ISSUER, audience: 'user-service' },
        jwksUrl: `${url}/.well-known/jwks.json`,
        // The service runs in this process, which may be busy for seconds.
        revocations: { http: { url, key }, maxStalenessMs: 30_000 },
        ...changes,
      });
      onTestFinished(() => verifier.close());
      return verifier;
    },
    async signIn() {
      const account = await api.register();
      const grant = await api.signIn(account);
      return { userId: account.id, sessionId: grant.session_id, token: grant.access_token };
    },
    async serviceToken(...scopes) {
      const account = await api.createService(...scopes);
      const response = await fetch(`${url}/v1/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', client_id: account.id },
          client_secret: account.key,
        }),
      });
      const { access_token: token } = (await response.json()) as { readonly access_token: string };
      return { id: account.id, token };
    },
    async endSession(token) {
      await api.send('DELETE', '/v1/sessions/current', { token });
    },
    stop: () => app.stop(),
  };
}
