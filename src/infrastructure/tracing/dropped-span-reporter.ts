import type { Logger } from '../../domain/ports.ts';

/** Tells that spans are lost, and why. */
export type LossReport = (reason: string) => void;

const PAUSE_MS = 60_000;
const MAX_REASON_LENGTH = 200;

/** Writes one warning a minute at most, whatever happens to the spans; it counts those that it left out. */
export function createLossReport(deps: {
  readonly logger: Logger;
  readonly monotonicMs: () => number;
}): LossReport {
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  let unreported = 0;
  return (reason) => {
    const nowMs = deps.monotonicMs();
    if (nowMs < silentUntilMs) {
      unreported += 1;
      return;
    }
    deps.logger.warn('spans are lost; requests are not affected', {
      reason: readable(reason),
      ...(unreported === 0 ? {} : { unreported }),
    });
    silentUntilMs = nowMs + PAUSE_MS;
    unreported = 0;
  };
}

/** The SDK writes errors as JSON, with their stacks and with what the collector answered: neither belongs in a line. */
function readable(reason: string): string {
  let text = reason;
  try {
    const { name, code, message } = JSON.parse(reason) as Readonly<Record<string, unknown>>;
    text = [name, code, message].filter((part) => typeof part === 'string').join(' ');
  } catch {
    // Plain text already.
  }
  return text.slice(0, MAX_REASON_LENGTH);
}
