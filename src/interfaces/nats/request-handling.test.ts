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
import { createRequestDeadline } from './request-deadline.ts';
import { createRequestHandling, type RequestContext } from './request-handling.ts';

function endpointNamed(name: string) {
  const found = endpoints.find((endpoint) => endpoint.name === name);
  if (found === undefined) throw new Error(`no endpoint ${name}`);
  return found;
}

function setting(replaced: ReplacedUseCases = {}) {
  const logger = createRecordingLogger();
  const handling = createRequestHandling({
    useCases: createFakeUseCases(replaced),
    logger,
    formatTime: (time) => time.toISOString(),
    settings: { issuer: 'https://id.example.com' },
  });
  const context: RequestContext = {
    requestId: 'request-1',
    shownRequestId: 'request-1',
    principal: { kind: 'anonymous' },
  };
  const send = (name: string, body: string, authorization: readonly string[]) =>
    handling.handle(
      endpointNamed(name),
      {
        data: Buffer.from(body),
        header: (header) => (header === 'Authorization' ? authorization : []),
      },
      context,
      createRequestDeadline(5_000, () => 0),
    );
  return { send, context, lines: logger.lines };
}

const getAda = ['get', JSON.stringify({ id: ADA_ID }), [`Bearer ${SERVICE_KEY}`]] as const;

describe('a request over NATS', () => {
  it.each<DomainErrorCode>([
    'user_not_found',
    'forbidden',
    'unavailable',
    'overloaded',
    'invalid_token',
  ])('that is rejected with %s has the status and the title of the problem table', async (code) => {
    const { send } = setting({
      users: {
        get: async () => {
          throw new DomainError(code, 'The detail.');
        },
      },
    });
    const outcome = await send(...getAda);
    const { status, title } = PROBLEMS[code];
    expect(outcome).toMatchObject({ status, code });
    expect(outcome.retryAfterSeconds).toBe(status === 503 ? 1 : undefined);
    expect(JSON.parse(outcome.body)).toEqual({
      type: `urn:user-service:problem:${code}`,
      title,
      status,
      detail: 'The detail.',
      instance: 'urn:user-service:request:request-1',
      code,
      request_id: 'request-1',
    });
  });

  it('has a pointer to the field that broke a rule of the domain', async () => {
    const { send } = setting({
      users: {
        list: async () => {
          throw new DomainError('validation_failed', 'No.', {
            fields: [{ field: 'email', code: 'email_form', message: 'Must be an address.' }],
          });
        },
      },
    });
    const outcome = await send('get-by-email', '{"email":"x"}', [`Bearer ${SERVICE_KEY}`]);
    expect(JSON.parse(outcome.body).errors).toEqual([
      { pointer: '/email', code: 'email_form', message: 'Must be an address.' },
    ]);
  });

  it('that is rejected after authentication is logged with its principal', async () => {
    const { send, context } = setting();
    await send('get', '{', [`Bearer ${SERVICE_KEY}`]);
    expect(context.principal.kind).toBe('service');
  });

  it('with two Authorization headers is rejected', async () => {
    const { send } = setting();
    const outcome = await send('get', '{}', [`Bearer ${SERVICE_KEY}`, 'Bearer usk_x']);
    expect(outcome).toMatchObject({ status: 400, code: 'malformed_request' });
  });

  it('for health needs no credentials and no body, and ignores wrong credentials', async () => {
    const { send } = setting();
    expect(await send('health', '', ['Bearer usk_x'])).toMatchObject({ status: 200 });
    expect(await send('health', '{"a":1}', [])).toMatchObject({ status: 422 });
  });

  it('whose response lacks a required field fails', async () => {
    const { send, lines } = setting({ users: { list: async () => ({ users: [{}] }) as never } });
    const answer = await send('get-by-email', '{"email":"x@example.com"}', [
      `Bearer ${SERVICE_KEY}`,
    ]);
    expect(answer).toMatchObject({ status: 500, code: 'internal_error' });
    expect(lines).toHaveLength(1);
  });
});
