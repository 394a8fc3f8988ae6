import { describe, expect, it } from 'vitest';
import {
  ADA_ID,
  createFakeUseCases,
  type ReplacedUseCases,
  SERVICE_KEY,
} from '../../../test/http/support/fake-use-cases.ts';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { DomainError, type DomainErrorCode } from '../../domain/errors.ts';
import { PROBLEMS } from '../api/problem-table.ts';
import { endpoints } from './endpoints.ts';
import { createRequestHandling, type RequestContext } from './request-handling.ts';

function endpointNamed(name: string) {
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found === undefined) throw new Error(`there is no endpoint ${name}`);
  return found;
}

function setting(replaced: ReplacedUseCases = {}) {
  const logger = createRecordingLogger();
  const handling = createRequestHandling({
    useCases: createFakeUseCases(replaced),
    logger,
    formatTime: (time) => time.toISOString(),
  });
  const context: RequestContext = { requestId: 'request-1', principal: { kind: 'anonymous' } };
  const ask = (name: string, body: string, authorization: readonly string[]) =>
    handling.handle(
      endpointNamed(name),
      {
        data: Buffer.from(body),
        header: (header) => (header === 'Authorization' ? authorization : []),
      },
      context,
    );
  return { ask, context, lines: logger.lines };
}

const askForAda = ['get', JSON.stringify({ id: ADA_ID }), [`Bearer ${SERVICE_KEY}`]] as const;

describe('a request over NATS', () => {
  it.each<DomainErrorCode>([
    'user_not_found',
    'forbidden',
    'unavailable',
    'overloaded',
    'invalid_token',
  ])(
    'that is refused with %s carries the status and the document of the one table',
    async (code) => {
      const { ask } = setting({
        users: {
          get: async () => {
            throw new DomainError(code, 'Said so.');
          },
        },
      });
      const outcome = await ask(...askForAda);
      const { status, title } = PROBLEMS[code];
      expect(outcome).toMatchObject({ status, code });
      expect(outcome.retryAfterSeconds).toBe(status === 503 ? 1 : undefined);
      expect(JSON.parse(outcome.body)).toEqual({
        type: `urn:user-service:problem:${code}`,
        title,
        status,
        detail: 'Said so.',
        instance: 'urn:user-service:request:request-1',
        code,
        request_id: 'request-1',
      });
    },
  );

  it('points at the field that broke a rule of the domain', async () => {
    const { ask } = setting({
      users: {
        list: async () => {
          throw new DomainError('validation_failed', 'No.', {
            fields: [{ field: 'email', code: 'email_form', message: 'Must be an address.' }],
          });
        },
      },
    });
    const outcome = await ask('get-by-email', '{"email":"x"}', [`Bearer ${SERVICE_KEY}`]);
    expect(JSON.parse(outcome.body).errors).toEqual([
      { pointer: '/email', code: 'email_form', message: 'Must be an address.' },
    ]);
  });

  it('that is refused after its credentials were known is logged as its caller’s', async () => {
    const { ask, context } = setting();
    await ask('get', '{', [`Bearer ${SERVICE_KEY}`]);
    expect(context.principal.kind).toBe('service');
  });

  it('with two Authorization headers is refused, whichever is right', async () => {
    const { ask } = setting();
    const outcome = await ask('get', '{}', [`Bearer ${SERVICE_KEY}`, 'Bearer usk_x']);
    expect(outcome).toMatchObject({ status: 400, code: 'malformed_request' });
  });

  it('for health needs neither credentials nor a body, and ignores wrong credentials', async () => {
    const { ask } = setting();
    expect(await ask('health', '', ['Bearer usk_x'])).toMatchObject({ status: 200 });
    expect(await ask('health', '{"a":1}', [])).toMatchObject({ status: 422 });
  });

  it('whose answer lacks a promised field fails rather than answers', async () => {
    const { ask, lines } = setting({ users: { get: async () => ({}) as never } });
    expect(await ask(...askForAda)).toMatchObject({ status: 500, code: 'internal_error' });
    expect(lines).toHaveLength(1);
  });
});
