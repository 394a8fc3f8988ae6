/** A JavaScript runtime beside the one that runs the tests, from an npm package for this platform. */
export interface Runtime {
  readonly name: string;
  readonly packageName: string;
  /** Of the package, whole or its beginning: the newest version that begins so is installed. */
  readonly version: string;
  readonly prefix: string;
  readonly binary: string;
}

/** For the client package. */
export declare const node22: Runtime;
/** For the second run of the unit and contract suites, and for the client package. */
export declare const node24: Runtime;
/** For the client package. */
export declare const bun: Runtime;

/** The absolute path of a server's program, or undefined. */
export declare function findBinary(name: string): string | undefined;
