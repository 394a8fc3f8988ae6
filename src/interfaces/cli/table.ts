import type { CliIo } from './io.ts';
import { cutTo, displayWidth, padTo, printable } from './text.ts';

/** Writes rows under one heading. The first batch sets the column widths; later pages use the same widths. */
export interface TableWriter {
  write(rows: readonly (readonly string[])[]): void;
}

/** The flag of every command that prints a table. */
export const WIDE_FLAG = ['--wide', 'do not cut a table to the width of the terminal'] as const;

/** The value of `WIDE_FLAG`. */
export interface TableOptions {
  readonly wide?: boolean;
}

/** No column is cut below this width: a few letters and the ellipsis. */
const MIN_WIDTH = 8;
const GAP = '  ';

/**
 * Creates a table for people. It writes nothing before the first batch. On a terminal the widest columns are cut with an
 * ellipsis until a row fits, except the first column, which has the id that other commands take.
 */
export function createTableWriter(
  headings: readonly string[],
  io: Pick<CliIo, 'stdout' | 'tableColumns'>,
  { wide = false }: TableOptions = {},
): TableWriter {
  const available = wide ? undefined : io.tableColumns;
  let widths: readonly number[] | undefined;
  return {
    write(rows) {
      const cells = rows.map((row) => row.map(printable));
      if (widths === undefined) {
        const needed = headings.map((heading, column) =>
          Math.max(displayWidth(heading), ...cells.map((row) => displayWidth(row[column] ?? ''))),
        );
        widths = available === undefined ? needed : shrink(needed, available);
        io.stdout(format(headings, widths, available));
      }
      for (const row of cells) io.stdout(format(row, widths, available));
    },
  };
}

function shrink(needed: readonly number[], available: number): number[] {
  const widths = [...needed];
  const gaps = GAP.length * (widths.length - 1);
  let surplus = widths.reduce((sum, width) => sum + width, gaps) - available;
  while (surplus > 0) {
    const widest = Math.max(...widths.slice(1));
    if (widest <= MIN_WIDTH) break;
    widths[widths.indexOf(widest, 1)] = widest - 1;
    surplus -= 1;
  }
  return widths;
}

function format(
  cells: readonly string[],
  widths: readonly number[],
  available: number | undefined,
): string {
  const line = cells
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      // Without a limit, a later page may have a wider cell: it is shown whole.
      return padTo(available === undefined ? cell : cutTo(cell, width), width);
    })
    .join(GAP)
    .trimEnd();
  return available === undefined ? line : cutTo(line, available);
}
