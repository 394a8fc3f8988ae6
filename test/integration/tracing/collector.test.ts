import { describe, expect, it } from 'vitest';
import { DomainError } from '../../../src/domain/errors.ts';
import {
  createTracing,
  type TracingSettings,
} from '../../../src/infrastructure/tracing/tracing.ts';
import { createApi } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type CollectorMode, startTraceCollector } from '../../support/trace-collector.ts';

const LOST = 'spans were dropped; requests are not affected';

/** Tracing without a service, with a controlled clock. */
function trace(endpoint: string, settings: Partial<TracingSettings> = {}) {
  const logger = createRecordingLogger();
  const clock = { nowMs: 0, reads: 0 };
  const tracing = createTracing(
    {
      endpoint,
      headers: {},
      tls: {},
      sampleRatio: 1,
      serviceName: 'test',
      version: '1',
      stopDeadlineMs: 2_000,
      ...settings,
    },
    {
      logger,
      monotonicMs: () => {
        clock.reads += 1;
        return clock.nowMs;
      },
    },
  );
  const make = (count: number): void => {
    for (let made = 0; made < count; made += 1) {
      tracing.requests.begin({ name: 'made', traceparent: undefined }).end();
    }
  };
  return { tracing, logger, clock, make };
}

describe('a collector that fails', () => {
  const modes: readonly [string, CollectorMode | 'dead'][] = [
    ['is unreachable', 'dead'],
    ['accepts requests and never responds', 'hang'],
    ['resets every connection', 'reset'],
    ['rejects every export', 400],
  ];
  it.each(modes)(
    'because it %s costs spans and one log line, and stops nothing',
    async (_what, mode) => {
      const collector = await startTraceCollector();
      if (mode === 'dead') await collector.stop();
      else collector.behave(mode);
      const logger = createRecordingLogger();
      const env = { TRACING_ENDPOINT: collector.url, SERVER_SHUTDOWN_TIMEOUT: '5s' };
      const app = await useTestApp({ database: 'postgres', logger, env });
      const api = createApi(app);
      const ada = await api.register();
      await api.signIn(ada);
      if (mode !== 'dead') await eventually(() => expect(collector.requests).not.toEqual([]));
      await api.signIn(ada);
      // False when a part does not stop within its deadline.
      expect(await app.stop()).toBe(true);
      const lost = logger.lines.filter(({ message }) => message === LOST);
      expect(lost).toEqual([
        { level: 'warn', message: LOST, fields: { reason: expect.stringMatching(/^.{5,200}$/) } },
      ]);
      expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('buffers a bounded number of spans and exports them later', async () => {
    const collector = await startTraceCollector();
    collector.behave('hang');
    const { tracing, make } = trace(collector.url);
    make(20_000);
    collector.behave('ok');
    await tracing.stop();
    const kept = collector.spans().length;
    expect(kept).toBeGreaterThan(1_000);
    expect(kept).toBeLessThan(5_000);
  });

  it('is logged once a minute, with the number of failures since', async () => {
    const collector = await startTraceCollector();
    collector.behave(400);
    const { tracing, logger, clock, make } = trace(collector.url);
    // Each failure looks at the clock once. A timer may export a part of the spans before the rest is made.
    const fail = async (): Promise<void> => {
      const before = clock.reads;
      make(512);
      await eventually(() => expect(clock.reads).toBeGreaterThan(before));
    };
    await fail();
    await fail();
    await fail();
    await eventually(() => expect(logger.lines).toHaveLength(1));
    clock.nowMs = 60_000;
    const failures = clock.reads;
    await fail();
    await eventually(() => expect(logger.lines).toHaveLength(2));
    expect(logger.lines[1]?.fields).toEqual({
      reason: 'OTLPExporterError 400 Bad Request',
      unreported: failures - 1,
    });
    await tracing.stop();
  });
});

describe('an export', () => {
  it('shows the type of an error and not its message', async () => {
    const collector = await startTraceCollector();
    const { tracing } = trace(collector.url);
    class CanaryError extends Error {
      override name = 'a canary name';
    }
    const useCases = tracing.useCases({
      fail: () => Promise.reject(new TypeError('canary')),
      throwAway: () => {
        throw new CanaryError('canary', { cause: 'canary' });
      },
      refuse: () => Promise.reject(new DomainError('email_taken', 'canary')),
      giveUp: () => Promise.reject(new DomainError('unavailable', 'canary')),
    });
    const request = tracing.requests.begin({ name: 'request', traceparent: undefined });
    for (const useCase of Object.values(useCases)) {
      await request.run(async () => useCase()).catch(() => undefined);
    }
    request.end();
    await tracing.stop();
    const errors = collector
      .spans()
      .map(({ attributes, status }) => [...Object.values(attributes), status]);
    expect(errors).toEqual([
      ['TypeError', 2],
      ['_OTHER', 2],
      ['email_taken', 0],
      ['unavailable', 2],
      [0],
    ]);
    expect(collector.bodies.join()).not.toContain('canary');
  });

  it('uses the traces path of the endpoint and the configured headers', async () => {
    const collector = await startTraceCollector();
    for (const endpoint of [collector.url, `${collector.url}/v1/traces`, `${collector.url}/otel`]) {
      const { tracing, make } = trace(endpoint, { headers: { authorization: 'Bearer a' } });
      make(1);
      await tracing.stop();
    }
    expect(collector.requests.map(({ path }) => path)).toEqual([
      '/v1/traces',
      '/v1/traces',
      '/otel/v1/traces',
    ]);
    expect(collector.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer a',
      'content-type': 'application/json',
    });
  });
});
