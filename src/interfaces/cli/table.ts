import { displayWidth, padTo, printable } from './text.ts';

/** Writes rows under one heading. The first batch sets the column widths; later pages use the same widths. */
export interface TableWriter {
  write(rows: readonly (readonly string[])[]): void;
}

/** Creates a table for people. It writes nothing before the first batch. */
export function createTableWriter(
  headings: readonly string[],
  writeLine: (line: string) => void,
): TableWriter {
  let widths: readonly number[] | undefined;
  return {
    write(rows) {
      const cells = rows.map((row) => row.map(printable));
      if (widths === undefined) {
        widths = headings.map((heading, column) =>
          Math.max(displayWidth(heading), ...cells.map((row) => displayWidth(row[column] ?? ''))),
        );
        writeLine(format(headings, widths));
      }
      for (const row of cells) writeLine(format(row, widths));
    },
  };
}

function format(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => padTo(cell, widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
