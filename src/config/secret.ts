import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A value that only `reveal()` returns. Printing, inspecting, serialising, cloning or spreading it
 * shows `[secret]` or nothing, so that no log line and no error contains it by accident.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The wrapped value. Call it only to pass the value to the library that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  /** Used by `util.inspect`, `console.log` and failed assertions. */
  [inspect.custom](): string {
    return HIDDEN;
  }
}
