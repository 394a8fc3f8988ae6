import { inBatches } from './batches.ts';
import { type Operation, type OperationTable, readOperation } from './operation.ts';
import { pagesOf } from './pages.ts';
import type { Send } from './send.ts';
import type { Call } from './wire.ts';

/** Reads a table of operations once: a method for each row, in its group. */
export function methodsOf(
  table: OperationTable,
  codes: readonly string[],
  oauthCodes: readonly string[],
  send: Send,
): Record<string, Record<string, unknown>> {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const [group, rows] of Object.entries(table)) {
    const methods: Record<string, unknown> = {};
    for (const [name, row] of Object.entries(rows)) {
      methods[name] = methodOf(readOperation(row, codes, oauthCodes), send);
    }
    groups[group] = methods;
  }
  return groups;
}

/** Arguments: the ids of the path, then body or query if there is one, then the options. */
function methodOf(operation: Operation, send: Send): (...args: unknown[]) => unknown {
  const parts = operation.path.split(/\{\w+\}/);
  return (...args) => {
    const ids = args.slice(0, parts.length - 1).map(segmentOf);
    const path = parts.map((part, at) => part + (ids[at] ?? '')).join('');
    const input = operation.input === '-' ? undefined : args[ids.length];
    const options = args[ids.length + (operation.input === '-' ? 0 : 1)] ?? {};
    const call = { operation, path, input, options } as Call;
    if (operation.flags.includes('l')) return pagesOf(call, send);
    return operation.flags.includes('b') ? inBatches(call, send) : send(call);
  };
}

/**
 * An id as a segment of the path. Dots alone would change the path.
 * @throws TypeError for a value that is not an id: it would reach another operation
 */
function segmentOf(id: unknown): string {
  if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw new TypeError('an id must be a text');
  return encodeURIComponent(id);
}
