import { measureAlone, type Side } from '../compare.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { type LoadRequest, loadSide, runLoad } from '../load-generator.ts';
import { type Service, startService } from '../service.ts';

const CONNECTIONS = 32;
/** Tokens that one slice uses for the first time, at most. */
const TOKENS = 1_000;

/** Measures what a token costs at its first use and later, to its user and to a service that introspects it. */
export async function measureTokens(context: Context): Promise<Result[]> {
  const { generator, options } = context;
  const { database, people } = await copyWithPeople(context, 'bench_tokens');
  const issuer = await startService(onDatabase(database));
  const service = await startService(onDatabase(database));
  try {
    const key = await service.createKey(['tokens:introspect']);
    const persons = await people.on(issuer);
    let refreshTokens = persons.map(({ refreshToken }) => refreshToken);
    const read = (token: string): LoadRequest => ({
      ...{ method: 'GET', path: '/v1/me', headers: { authorization: `Bearer ${token}` } },
    });
    const introspect = (token: string): LoadRequest => ({
      ...{ method: 'POST', path: '/v1/tokens/introspect' },
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `token=${token}`,
    });
    /** Another instance issues the tokens, so that this one has not seen them. */
    const newTokens = async (): Promise<readonly string[]> => {
      const report = await runLoad(generator, {
        ...{ kind: 'refresh', url: issuer.url, seconds: options.seconds, refreshTokens },
      });
      refreshTokens = [...(report.refreshTokens ?? [])];
      return (report.accessTokens ?? []).slice(0, TOKENS);
    };
    const firstUse = (title: string, request: (token: string) => LoadRequest): Side =>
      loadSide(generator, { title, pid: service.pid }, async () => ({
        ...{ kind: 'once', url: service.url, connections: CONNECTIONS },
        requests: (await newTokens()).map(request),
      }));
    const known = persons.map(({ token }) => token);
    const later = (title: string, request: (token: string) => LoadRequest): Side =>
      repeated(context, service, title, known.map(request));
    return [
      await measureAlone(context, { id: 'h1' }, later('GET /v1/me, known token', read)),
      await measureAlone(
        context,
        { id: 'h2', maxCpuUs: 200 },
        firstUse('GET /v1/me, new token', read),
      ),
      await measureAlone(context, { id: 'h3' }, later('introspection, known token', introspect)),
      await measureAlone(context, { id: 'h4' }, firstUse('introspection, new token', introspect)),
    ];
  } finally {
    await service.stop();
    await issuer.stop();
  }
}

function repeated(
  { generator, options: { seconds } }: Context,
  { url, pid }: Service,
  title: string,
  requests: readonly LoadRequest[],
): Side {
  return loadSide(generator, { title, pid }, () => ({
    ...{ kind: 'closed', url, connections: CONNECTIONS, seconds, requests },
  }));
}
