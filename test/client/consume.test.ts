import {
  type ConsumeOptions,
  consume,
  httpEvents,
  type PositionStore,
  type UserEvent,
} from '@user-service/client/events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deleteStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import {
  connectTo,
  type EventService,
  PATIENCE,
  startEventService,
  type Transport,
} from './events-support.ts';

/** A store in memory. */
function memoryPositions(): PositionStore & { saved: string[] } {
  const saved: string[] = [];
  return {
    saved,
    load: async () => saved.at(-1) ?? null,
    save: async (position) => void saved.push(position),
  };
}

/** Starts a consumer that stops with the test, and collects what it handles. */
async function startConsumer(
  service: EventService,
  positions: PositionStore,
  options: Partial<ConsumeOptions> = {},
) {
  const events: UserEvent[] = [];
  const source = await service.source('consumer', { positions, ackWaitMs: 1_000 });
  const running = consume({ source, handle: (event) => events.push(event), ...options });
  running.done.catch(() => {});
  onTestFinished(() => running.stop().catch(() => {}));
  const expectVersions = (userId: string, versions: readonly number[]) =>
    eventually(
      () =>
        expect(
          events.filter((event) => event.userId === userId).map((event) => event.userVersion),
        ).toEqual(versions),
      PATIENCE,
    );
  return { events, running, expectVersions };
}

describe.each<Transport>(['http', 'jetstream'])('a consumer over %s', (transport) => {
  test('gets every event of a user in order, and goes on after a restart', async () => {
    const service = await startEventService(transport);
    const positions = memoryPositions();
    const { id } = await service.api.register();
    await service.rename(id, 'Byron');
    const first = await startConsumer(service, positions);
    await first.expectVersions(id, [1, 2]);
    expect(first.events[1]).toMatchObject({
      ...{ type: 'user.updated', userId: id, sequence: expect.any(Number) },
      data: { changed_fields: ['last_name'] },
    });
    await first.running.stop();
    await service.disable(id);
    await service.remove(id);
    const second = await startConsumer(service, positions);
    await second.expectVersions(id, [3, 4]);
    expect(second.events.map(({ type }) => type)).toEqual(['user.disabled', 'user.deleted']);
  });

  test('selects types, groups and one user', async () => {
    const service = await startEventService(transport);
    const [one, other] = [await service.api.register(), await service.api.register()];
    await service.api.signIn(one);
    await service.api.trySignIn('unknown@example.com', 'some other words');
    await service.disable(other.id);
    await service.rename(one.id, 'Byron');
    const cases: readonly (readonly [Pick<ConsumeOptions, 'types' | 'user'>, readonly string[]])[] =
      [
        [{ types: ['user.created'] }, ['user.created', 'user.created']],
        [
          { types: ['user.disabled', 'session.*'] },
          ['session.ended', 'session.started', 'user.disabled'],
        ],
        [{ user: other.id }, ['user.created', 'user.disabled']],
        [{ types: ['user.*'], user: one.id }, ['user.created', 'user.updated']],
        [{ types: ['authentication.failed'] }, ['authentication.failed']],
      ];
    const expectSelected = async (index: number, [selection, types]: (typeof cases)[number]) => {
      const events: UserEvent[] = [];
      const source = await service.source(`selects-${index}`, { positions: memoryPositions() });
      const running = consume({ source, ...selection, handle: (event) => events.push(event) });
      const expected = types.filter((type) => type !== 'session.ended');
      await eventually(
        () => expect(events.map(({ type }) => type).sort()).toEqual(expected),
        PATIENCE,
      );
      await running.stop();
    };
    await Promise.all(cases.map((one, index) => expectSelected(index, one)));
  });

  test('handles an event again that it had not acknowledged, before the later ones', async () => {
    const service = await startEventService(transport);
    const positions = memoryPositions();
    const { id } = await service.api.register();
    await service.rename(id, 'Byron');
    // The handler of a process that dies: it never ends, and nothing is acknowledged.
    const first = await startConsumer(service, positions, {
      stopTimeoutMs: 1,
      handle: () => new Promise(() => {}),
    });
    await eventually(async () => {
      if (service.nats === null) return;
      const { jetstreamManager } = await import('@nats-io/jetstream');
      const manager = await jetstreamManager(await connectTo(service.nats.url));
      const info = await manager.consumers.info('USERS', 'consumer');
      expect(info.num_ack_pending).toBeGreaterThan(0);
    }, PATIENCE);
    await first.running.stop();
    await service.rename(id, 'Lovelace');
    const second = await startConsumer(service, positions);
    await second.expectVersions(id, [1, 2, 3]);
  });

  test('puts a poison event aside, and the user’s later events follow', async () => {
    const service = await startEventService(transport);
    const { id } = await service.api.register();
    await service.rename(id, 'Byron');
    await service.rename(id, 'Lovelace');
    const handled: unknown[] = [];
    const dead: unknown[] = [];
    await startConsumer(service, memoryPositions(), {
      maxAttempts: 3,
      retry: { firstMs: 1, maxMs: 2 },
      handle({ userVersion }, { attempt }) {
        handled.push([userVersion, attempt]);
        if (userVersion === 2) throw new Error('poison');
      },
      onDeadLetter: ({ userVersion }) => dead.push(userVersion),
    });
    await eventually(() => expect(handled).toContainEqual([3, 1]), PATIENCE);
    expect(handled).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
      [2, 3],
      [3, 1],
    ]);
    expect(dead).toEqual([2]);
  });

  test('goes on when the way to its source was cut', async () => {
    const service = await startEventService(transport);
    const target = new URL(service.nats?.url ?? service.url);
    const proxy = await startTcpProxy({
      targetHost: target.hostname,
      targetPort: Number(target.port),
    });
    onTestFinished(() => proxy.stop());
    const through = `${target.protocol}//127.0.0.1:${proxy.port}`;
    const source = await service.source('cut', {
      positions: memoryPositions(),
      ...(service.nats === null
        ? { url: through }
        : { connection: await connectTo(through), ackWaitMs: 1_000 }),
    });
    const versions: unknown[] = [];
    const running = consume({
      source,
      handle: ({ userVersion }) => versions.push(userVersion),
    });
    onTestFinished(() => running.stop());
    const { id } = await service.api.register();
    await eventually(() => expect(versions).toEqual([1]), PATIENCE);
    proxy.dropAll();
    await service.rename(id, 'Byron');
    await eventually(() => expect(versions).toContain(2), PATIENCE);
    await service.rename(id, 'Lovelace');
    await eventually(() => expect(versions).toContain(3), PATIENCE);
    expect([...new Set(versions)]).toEqual([1, 2, 3]);
  });
});

describe('a consumer whose events are gone', () => {
  test('over HTTP is told, and begins again with the oldest event', async () => {
    const service = await startEventService('http');
    const positions = memoryPositions();
    await positions.save('99-00000000');
    const { id } = await service.api.register();
    const gone: unknown[] = [];
    const { expectVersions } = await startConsumer(service, positions, {
      onPositionGone: ({ name }) => void gone.push(name),
    });
    await expectVersions(id, [1]);
    expect(gone).toEqual(['PositionGone']);
    const { running } = await startConsumer(service, {
      ...positions,
      load: async () => '98-00000000',
    });
    await expect(running.done).rejects.toMatchObject({ name: 'PositionGone' });
  });

  test('over JetStream is told of a stream that was replaced', async () => {
    const service = await startEventService('jetstream');
    const gone: unknown[] = [];
    const { id } = await service.api.register();
    const { events, expectVersions } = await startConsumer(service, memoryPositions(), {
      onPositionGone: ({ name }) => void gone.push(name),
    });
    await expectVersions(id, [1]);
    await deleteStream(service.nats?.url ?? '');
    await service.rename(id, 'Byron');
    await eventually(() => expect(events.at(-1)).toMatchObject({ userVersion: 2 }), PATIENCE);
    expect(gone).toEqual(['PositionGone']);
  });
});

test('what the service does not accept ends a consumer at once', async () => {
  const { url, key } = await startEventService('http');
  const positions = memoryPositions();
  const run = (changes: object, selection: object = {}) =>
    consume({
      source: httpEvents({ url, key, positions, ...changes }),
      handle: () => {},
      ...selection,
    }).done;
  await expect(run({ key: 'usk_0000000000000000' })).rejects.toMatchObject({ status: 401 });
  await expect(run({}, { types: ['user.merged'] })).rejects.toMatchObject({ status: 422 });
  await expect(run({}, { types: ['everything'] })).rejects.toThrow(TypeError);
});
