/** A header of a request, for the documentation. */
export interface HeaderSpec {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
}
