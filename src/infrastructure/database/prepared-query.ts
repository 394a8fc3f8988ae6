import { createHash } from 'node:crypto';
import type { SqlConnection, SqlResult } from './sql.ts';

/** A named parameter of a statement and the places of its name in the text. */
interface StatementParameter {
  readonly name: string;
  readonly required: boolean;
  readonly transform: { readonly type: string };
  readonly locs: readonly { readonly a: number; readonly b: number; readonly line?: number }[];
}

/** A statement as the code generator parsed it. */
export interface StatementSource {
  readonly usedParamSet: Readonly<Record<string, boolean>>;
  readonly params: readonly StatementParameter[];
  readonly statement: string;
}

/**
 * A statement of `queries/*.sql` with the types of its parameters and rows. The generated modules export these.
 *
 * The text is the same for all values, so it is built once. Its hash names the prepared statement: two builds whose
 * statements differ can share a connection pooler without sharing a statement.
 */
export class PreparedQuery<Parameters, Row> {
  /** Name of the prepared statement, the same on every connection. */
  readonly name: string;
  readonly text: string;
  readonly #parameters: readonly string[];

  /** @throws Error for a parameter that expands to a list: the text would depend on the values. */
  constructor(source: StatementSource) {
    const used = source.params.filter((parameter) => parameter.name in source.usedParamSet);
    const spread = used.find((parameter) => parameter.transform.type !== 'scalar');
    if (spread !== undefined)
      throw new Error(`parameter ${spread.name} must be scalar: pass an array`);
    this.#parameters = used.map((parameter) => parameter.name);
    // `as "count!"` tells the generator that a column is never null, `as "email?"` that it may be. The mark is removed
    // for the database.
    this.text = numberParameters(source.statement, used).replace(/"(\w+)[!?]"/g, '"$1"');
    this.name = `q_${createHash('sha256').update(this.text).digest('hex').slice(0, 24)}`;
  }

  /** Runs it as a prepared statement, whose plan may be reused for other values. */
  async run(parameters: Parameters, connection: SqlConnection): Promise<Row[]> {
    return (await this.#query(parameters, connection, this.name)).rows;
  }

  /** Runs it as a prepared statement. @returns how many rows a statement without RETURNING changed. */
  async runForCount(parameters: Parameters, connection: SqlConnection): Promise<number> {
    return (await this.#query(parameters, connection, this.name)).rowCount;
  }

  /** Runs it with a plan for these values, for statements whose best plan depends on the values. */
  async runUnprepared(parameters: Parameters, connection: SqlConnection): Promise<Row[]> {
    return (await this.#query(parameters, connection, undefined)).rows;
  }

  #query(
    parameters: Parameters,
    connection: SqlConnection,
    name: string | undefined,
  ): Promise<SqlResult<Row>> {
    const given = parameters as Readonly<Record<string, unknown>>;
    const values = this.#parameters.map((parameter) => given[parameter]);
    return connection.query<Row>(this.text, values, name);
  }
}

/** Replaces `:id` by `$1`, with one number for each name. Offsets are UTF-16 units, `b` inclusive. */
function numberParameters(statement: string, parameters: readonly StatementParameter[]): string {
  const places = parameters
    .flatMap((parameter, index) =>
      parameter.locs.map((place) => ({ ...place, text: `$${index + 1}` })),
    )
    .sort((one, other) => one.a - other.a);
  let text = '';
  let end = 0;
  for (const place of places) {
    text += statement.slice(end, place.a) + place.text;
    end = place.b + 1;
  }
  return text + statement.slice(end);
}
