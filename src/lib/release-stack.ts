import { withDeadline } from './deadline.ts';

/** A release that failed or missed its deadline. */
export interface ReleaseFailure {
  readonly name: string;
  readonly error: unknown;
}

/** How long one release may take, in milliseconds, unless its registration says otherwise. */
const RELEASE_TIMEOUT_MS = 5_000;

/**
 * What was acquired, in order, and how each is given back. States: open (registrations pile up), releasing, released.
 */
export interface ReleaseStack {
  /**
   * Registers the release of something just acquired: call it on the line that makes the thing. Once releasing has
   * begun, the release runs at once, so that nothing that came late is leaked.
   */
  register(name: string, release: () => unknown, timeoutMs?: number): void;
  /**
   * Releases last-in first-out, each under its own deadline and whatever the others did. Further calls give the
   * first one's result. Never rejects. @returns what failed, in the order of release.
   */
  releaseAll(): Promise<readonly ReleaseFailure[]>;
}

/** Makes an empty stack. */
export function createReleaseStack(): ReleaseStack {
  const releases: { name: string; release: () => unknown; timeoutMs: number }[] = [];
  let releasing: Promise<readonly ReleaseFailure[]> | undefined;
  let released = false;

  async function releaseInTurn(): Promise<readonly ReleaseFailure[]> {
    const failures: ReleaseFailure[] = [];
    for (let next = releases.pop(); next !== undefined; next = releases.pop()) {
      const { name, release, timeoutMs } = next;
      try {
        await withDeadline(`the release of ${name}`, timeoutMs, release);
      } catch (error) {
        failures.push({ name, error });
      }
    }
    released = true;
    return failures;
  }

  return {
    register(name, release, timeoutMs = RELEASE_TIMEOUT_MS) {
      releases.push({ name, release, timeoutMs });
      // A run in progress takes it as its next; a finished one cannot, and its result was handed out already.
      if (released) void releaseInTurn();
    },
    releaseAll() {
      releasing ??= releaseInTurn();
      return releasing;
    },
  };
}

/**
 * Runs a start-up that registers what it acquires. When it throws, everything acquired so far is released before the
 * same error is thrown on; failures of those releases go to `onReleaseFailure` and never hide it.
 * @returns what `start` returned, and the stack for the way down.
 */
export async function startOrRelease<T>(
  start: (releases: ReleaseStack) => Promise<T>,
  onReleaseFailure: (failure: ReleaseFailure) => void,
): Promise<{ readonly value: T; readonly releases: ReleaseStack }> {
  const releases = createReleaseStack();
  try {
    return { value: await start(releases), releases };
  } catch (error) {
    for (const failure of await releases.releaseAll()) onReleaseFailure(failure);
    throw error;
  }
}
