import type { Logger } from '../../domain/ports.ts';

/** Reports that spans were dropped, and why. */
export type DroppedSpanReporter = (reason: string) => void;

const PAUSE_MS = 60_000;
const MAX_REASON_LENGTH = 200;

/** Writes at most one warning a minute, with the number of warnings left out since the last one. */
export function createDroppedSpanReporter(deps: {
  readonly logger: Logger;
  readonly monotonicMs: () => number;
}): DroppedSpanReporter {
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  let unreported = 0;
  return (reason) => {
    const nowMs = deps.monotonicMs();
    if (nowMs < silentUntilMs) {
      unreported += 1;
      return;
    }
    deps.logger.warn('spans were dropped; requests are not affected', {
      reason: readable(reason),
      ...(unreported === 0 ? {} : { unreported }),
    });
    silentUntilMs = nowMs + PAUSE_MS;
    unreported = 0;
  };
}

/** The SDK reports errors as JSON with stacks and the collector's response; neither belongs in a log line. */
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
