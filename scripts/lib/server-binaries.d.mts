/** The npm package with Node 24, for the second run of the unit and contract suites, and its paths. */
export declare const node24: {
  readonly packageName: string;
  readonly prefix: string;
  readonly binary: string;
};

/** The absolute path of a server's program, or undefined. */
export declare function findBinary(name: string): string | undefined;
