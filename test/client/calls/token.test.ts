import { describe, expect, it } from 'vitest';
import { cut, json, serve } from './broken-server.ts';

const ok = json(200, { id: 'u' });

describe('a function `token` that fails', () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('no session'))],
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
  ])('%s: the problem is token_error with the cause, and nothing is sent', async (_name, token) => {
    let reads = 0;
    const { received, pauses, open } = await serve(ok);
    const counted = () => {
      reads += 1;
      return token();
    };
    for (const retries of [3, () => true]) {
      const reply = await open({ token: counted, retries }).me.get();
      expect(reply).toMatchObject({
        ok: false,
        problem: { code: 'token_error', status: 0, cause: new Error('no session') },
        info: { attempts: 1, status: 0, maybeRepeated: false },
      });
    }
    expect([reads, received.length, pauses]).toEqual([2, 0, []]);
  });

  it('before a repetition: the earlier attempt may have been performed', async () => {
    let reads = 0;
    const { received, open } = await serve(cut, ok);
    const token = async () => {
      reads += 1;
      if (reads === 2) throw new Error('no session');
      return 'token-of-ada';
    };
    expect(await open({ token }).me.get()).toMatchObject({
      problem: { code: 'token_error' },
      info: { attempts: 2, maybeRepeated: true },
    });
    expect(received).toHaveLength(1);
  });

  it('is not called by public operations', async () => {
    const { received, open } = await serve(ok);
    const token = () => Promise.reject(new Error('no session'));
    const { sessions } = open({ token });
    expect((await sessions.signIn({ email: 'a@example.com', password: 'p' })).ok).toBe(true);
    expect(received).toHaveLength(1);
  });
});

describe('a function `token` that does not return', () => {
  it('ends with the deadline of the call, and with its signal', async () => {
    const { received, open } = await serve(ok);
    const { me } = open({ token: () => new Promise<string>(() => {}) });
    const ended = await me.get({ timeoutMs: 20 });
    expect(ended).toMatchObject({ problem: { code: 'deadline_exceeded', status: 0 } });
    const control = new AbortController();
    const call = me.get({ signal: control.signal });
    control.abort();
    expect(await call).toMatchObject({ problem: { code: 'aborted', status: 0 } });
    expect(received).toHaveLength(0);
  });

  it('is not called after an abort', async () => {
    let reads = 0;
    const { open } = await serve(ok);
    const token = () => {
      reads += 1;
      return 'token-of-ada';
    };
    const { me } = open({ token });
    const reply = await me.get({ signal: AbortSignal.abort() });
    expect([reply, reads]).toMatchObject([{ problem: { code: 'aborted' } }, 0]);
  });
});

it.each(['token', 'key'])(
  'a %s that no header can have is token_error, and is not shown',
  async (name) => {
    const { received, open } = await serve(ok);
    const reply = await open({ [name]: 'secret\nword' }).me.get();
    expect(reply).toMatchObject({ problem: { code: 'token_error', status: 0 } });
    expect(reply).not.toHaveProperty('problem.cause');
    expect(JSON.stringify(reply)).not.toContain('secret');
    expect(received).toHaveLength(0);
  },
);

it('without a token there are no credentials', async () => {
  const { received, open } = await serve(ok);
  for (const token of [() => undefined, async () => '']) await open({ token }).me.get();
  expect(received.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
});
