import { type CliIo, CommandFailure, EXIT, Interrupted } from '../io.ts';
import { isRecord } from '../problem.ts';
import { perform, type RequestDeps } from '../retry.ts';
import { createTableWriter, type TableOptions } from '../table.ts';
import { counted } from '../text.ts';

export interface AuditDataDeps extends RequestDeps {
  readonly io: CliIo;
  readonly monotonicMs: () => number;
}

/** The options of `users audit-data`. */
export interface AuditDataOptions extends TableOptions {
  /** Largest number of findings; without it all are shown. */
  readonly limit?: number;
  readonly json?: boolean;
}

interface Finding {
  readonly id: string;
  readonly field: string;
  readonly rule: string;
  readonly effects: readonly string[];
  readonly message: string;
}

interface Page {
  readonly findings: readonly Finding[];
  readonly checked: number;
  readonly nextFrom: string | null;
}

const HEADINGS = ['ID', 'FIELD', 'RULE', 'EFFECT', 'MESSAGE'];
const PROGRESS_INTERVAL_MS = 5_000;

/**
 * Reads every user page by page and writes the values that break a rule. Memory holds one page.
 * @returns the exit code; 1 when there are findings
 * @throws CommandFailure, Interrupted
 */
export async function auditData(options: AuditDataOptions, deps: AuditDataDeps): Promise<number> {
  const { io, signal, monotonicMs } = deps;
  const { json = false, limit = Number.POSITIVE_INFINITY } = options;
  const table = createTableWriter(HEADINGS, io, options);
  const counts = { checked: 0, findings: 0, users: 0 };
  let shownAtMs = monotonicMs();
  let from: string | null = null;
  let cut = false;
  do {
    const page = await readPage(from, deps);
    const findings = page.findings.slice(0, limit - counts.findings);
    cut = findings.length < page.findings.length;
    counts.checked += page.checked;
    counts.findings += findings.length;
    counts.users += new Set(findings.map(({ id }) => id)).size;
    if (json) for (const finding of findings) io.stdout(JSON.stringify(finding));
    else if (findings.length > 0) table.write(findings.map(rowOf));
    if (page.nextFrom !== null && page.nextFrom === from) {
      throw new CommandFailure('The service returned the same page twice.');
    }
    from = page.nextFrom;
    if (monotonicMs() - shownAtMs >= PROGRESS_INTERVAL_MS) {
      io.stderr(
        `${counted(counts.checked, 'user')} checked, ${counted(counts.findings, 'finding')}`,
      );
      shownAtMs = monotonicMs();
    }
  } while (from !== null && counts.findings < limit && !signal.aborted && !io.stdoutClosed());
  if (signal.aborted) throw new Interrupted('Interrupted: not every user was checked.');
  const complete = from === null && !cut;
  if (json) io.stdout(JSON.stringify({ summary: { ...counts, complete } }));
  else if (!io.stdoutClosed()) io.stderr(summaryOf(counts, complete));
  return counts.findings === 0 ? EXIT.done : EXIT.failed;
}

function rowOf({ id, field, rule, effects, message }: Finding): string[] {
  const meaning = effects.map((effect) => effect.replaceAll('_', ' ')).join(', ');
  return [id, field, rule, meaning === '' ? '-' : meaning, message];
}

function summaryOf(
  { checked, findings, users }: { checked: number; findings: number; users: number },
  complete: boolean,
): string {
  const found =
    findings === 0 ? 'no finding' : `${counted(findings, 'finding')} in ${counted(users, 'user')}`;
  const rest = complete ? '' : '; there may be more: use a larger --limit';
  return `${counted(checked, 'user')} checked: ${found}${rest}`;
}

async function readPage(from: string | null, deps: AuditDataDeps): Promise<Page> {
  const query = from === null ? {} : { from };
  const body: unknown = await perform(
    ({ storedUsers }, call) => storedUsers.audit(query, call),
    deps,
  );
  const { findings, checked, next_from } = isRecord(body) ? body : {};
  if (!Array.isArray(findings) || typeof checked !== 'number') {
    throw new CommandFailure('The response is not from the user service.');
  }
  return {
    findings: findings as readonly Finding[],
    checked,
    nextFrom: typeof next_from === 'string' ? next_from : null,
  };
}
