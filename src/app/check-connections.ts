import type { Config } from '../config/schema.ts';
import { withDeadline } from '../lib/deadline.ts';
import {
  probeNats,
  probePostgres,
  probePwnedPasswords,
  probeRedis,
  probeSmtp,
  probeTracing,
  type Seen,
} from './connection-probes.ts';

/** What one dependency answered, or why it cannot be used. */
export interface ConnectionReport {
  readonly dependency: 'postgres' | 'redis' | 'nats' | 'smtp' | 'tracing' | 'pwned_passwords';
  /** Where it was tried, without credentials. */
  readonly address: string;
  /** Without it the service does not start, or does not do a part of its work. */
  readonly needed: boolean;
  readonly ok: boolean;
  readonly seen: Seen;
  readonly problem?: string;
}

interface Probe extends Pick<ConnectionReport, 'dependency' | 'address' | 'needed'> {
  /** @throws when the dependency cannot be used */
  readonly run: () => Promise<Seen>;
}

/** Longest time for one dependency, in milliseconds; all are tried at the same time. */
export const PROBE_DEADLINE_MS = 8_000;

/** Tries every configured dependency once, in at most `PROBE_DEADLINE_MS`. Changes nothing that lasts. */
export async function checkConnections(config: Config): Promise<readonly ConnectionReport[]> {
  return await Promise.all(
    probesOf(config).map(async ({ run, ...probe }): Promise<ConnectionReport> => {
      try {
        const seen = await withDeadline('the check', PROBE_DEADLINE_MS, run);
        return { ...probe, ok: true, seen };
      } catch (error) {
        const { seen = {} } = error as { readonly seen?: Seen };
        return { ...probe, ok: false, seen, problem: describe(error) };
      }
    }),
  );
}

/** A message without line breaks; some libraries report a code alone. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause instanceof Error && error.message === '' ? error.cause.message : '';
  return (error.message || cause || code || error.name).replaceAll(/\s+/g, ' ');
}

function probesOf(config: Config): Probe[] {
  const probes: Probe[] = [];
  const { database, redis, nats, mail, tracing, pwnedPasswords } = config;
  if (database.driver === 'postgres') {
    probes.push({
      dependency: 'postgres',
      address: at(database.host ?? '', database.port),
      needed: true,
      run: () => probePostgres(config),
    });
  }
  if (redis.driver === 'redis') {
    const nodes = [...redis.sentinels, ...redis.clusterNodes];
    probes.push({
      dependency: 'redis',
      address: nodes.length > 0 ? nodes.join(',') : at(redis.host ?? '', redis.port),
      needed: false,
      run: () => probeRedis(redis),
    });
  }
  if (nats.driver === 'nats') {
    probes.push({
      dependency: 'nats',
      address: nats.servers.join(','),
      needed: true,
      run: () => probeNats(nats),
    });
  }
  if (mail.driver === 'smtp') {
    const { host = '', port } = mail.smtp;
    const run = () => probeSmtp(mail.smtp);
    probes.push({ dependency: 'smtp', address: at(host, port), needed: true, run });
  }
  if (tracing.endpoint !== undefined) {
    const address = tracing.endpoint;
    const run = () => probeTracing(tracing);
    probes.push({ dependency: 'tracing', address, needed: false, run });
  }
  if (pwnedPasswords.enabled) {
    probes.push({
      dependency: 'pwned_passwords',
      address: pwnedPasswords.url,
      needed: !pwnedPasswords.failOpen,
      run: () => probePwnedPasswords(pwnedPasswords),
    });
  }
  return probes;
}

function at(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
