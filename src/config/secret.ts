import { inspect } from 'node:util';

const HIDDEN = '[secret]';

/**
 * A value that only `reveal()` gives back. Printing, inspecting, serialising, cloning or spreading
 * it shows `[secret]` or nothing, so that a log line or an error cannot carry it by accident.
 */
export class Secret {
  readonly #value: string;

  /** Wraps `value`; the instance is frozen. */
  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The wrapped value. Call it only where the value is handed to the library that needs it. */
  reveal(): string {
    return this.#value;
  }

  /** `[secret]`. */
  toString(): string {
    return HIDDEN;
  }

  /** `[secret]`. */
  toJSON(): string {
    return HIDDEN;
  }

  /** `[secret]`: what `util.inspect`, `console.log` and failed assertions print. */
  [inspect.custom](): string {
    return HIDDEN;
  }
}
