import type { UserDifference } from '@user-service/client/events';
import type { CliDeps } from './cli-deps.ts';
import { EXIT } from './io.ts';
import { counted, printable } from './text.ts';

interface ReportOptions {
  readonly json?: boolean;
  /** What is found is repaired. */
  readonly repair?: boolean;
}

const PROGRESS_INTERVAL_MS = 5_000;
/** Findings of one kind that are printed without `--json`. */
const MAX_PRINTED = 20;

/** Prints the findings of `mirror check` as they come, and a summary. */
export function createReport(
  { json, repair }: ReportOptions,
  { io, monotonicMs }: Pick<CliDeps, 'io' | 'monotonicMs'>,
) {
  const kinds = new Map<string, number>();
  const repaired = repair === true ? { repaired: true } : {};
  let users = 0;
  let shownAtMs = monotonicMs();
  return {
    count(more: number): void {
      users += more;
      if (monotonicMs() - shownAtMs < PROGRESS_INTERVAL_MS) return;
      shownAtMs = monotonicMs();
      io.stderr(`${counted(users, 'user')} compared`);
    },
    add(difference: UserDifference): void {
      const { kind, id, serviceVersion, copyVersion, fields } = difference;
      const count = (kinds.get(kind) ?? 0) + 1;
      kinds.set(kind, count);
      if (json === true) {
        const versions = { service_version: serviceVersion, copy_version: copyVersion };
        io.stdout(JSON.stringify({ kind, id, ...versions, fields, ...repaired }));
      } else if (count <= MAX_PRINTED) io.stdout(toLine(difference));
    },
    /** @returns the exit code */
    end(): number {
      const findings = [...kinds.values()].reduce((sum, count) => sum + count, 0);
      if (json === true) {
        io.stdout(
          JSON.stringify({
            summary: { users, findings, ...repaired, ...Object.fromEntries(kinds) },
          }),
        );
      } else {
        for (const [kind, count] of kinds) {
          if (count > MAX_PRINTED)
            io.stdout(`${kind}: ${count - MAX_PRINTED} more; --json shows all`);
        }
        const end = repair === true && findings > 0 ? ', repaired' : '';
        const found = counted(findings, 'finding');
        io.stdout(`${counted(users, 'user')} of the service: ${found}${end}`);
      }
      return findings > 0 && repair !== true ? EXIT.failed : EXIT.done;
    },
  };
}

function toLine({ kind, id, serviceVersion, copyVersion, fields }: UserDifference): string {
  const texts: Readonly<Record<UserDifference['kind'], string>> = {
    missing: 'the table does not have the user',
    extra: 'the service does not have the user',
    older: `the table has version ${copyVersion}, the service ${serviceVersion}`,
    newer: `the table has version ${copyVersion}, the service ${serviceVersion}`,
    different: `version ${copyVersion} has other values: ${fields.join(', ')}`,
  };
  return printable(`${kind}: ${id}: ${texts[kind]}`);
}
