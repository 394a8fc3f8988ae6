import { CommanderError } from 'commander';
import { DomainError } from '../../domain/errors.ts';
import {
  AlreadyReported,
  type CliIo,
  CommandFailure,
  EXIT,
  type FailureDetails,
  Interrupted,
  UsageError,
} from './io.ts';
import { ServiceUnreachable } from './operator-client.ts';

export const HELP_HINT = '(--help shows the arguments and options)';

/** A failure as `--json` writes it: one object on one line of standard error. */
export function toErrorLine(message: string, details: FailureDetails): string {
  const { code = 'failed', status, requestId, errors = [] } = details;
  return JSON.stringify({
    error: {
      code,
      message,
      ...(status === undefined ? {} : { status }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(errors.length === 0 ? {} : { errors }),
    },
  });
}

/**
 * Commander's messages about the command line, in the words of the help. A mistyped flag may carry a secret as its value,
 * and so may a misplaced argument: neither is repeated.
 */
export function plainUsage(text: string): string {
  return text
    .replace(/(unknown option '[^'=]+)=.*'/s, "$1'")
    .replace(/command-argument value '.*' is invalid for argument '([^']+)'\. /s, '<$1>: ')
    .replace(/option '([^']+)' argument '.*' is invalid\. /s, '$1: ')
    .replace(/option '([^']+)' argument missing/, '$1 needs a value')
    .replace(
      /too many arguments( for '[^']+')?\. Expected (\d+) arguments? but got \d+/,
      'too many arguments$1: it takes $2',
    );
}

/**
 * Reports why a command failed: as text, or with `json` as one object.
 * @returns the exit code
 * @throws errors that no command expects
 */
export function reportFailure(
  error: unknown,
  options: { readonly io: CliIo; readonly interrupted: boolean; readonly json: boolean },
): number {
  const { io, interrupted, json } = options;
  // Help on request succeeds; help because a subcommand is missing does not.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
  if (error instanceof AlreadyReported) return EXIT.failed;
  const failure = read(error, interrupted);
  if (json) io.stderr(toErrorLine(failure.message, failure.details));
  // Commander has written its own message.
  else if (failure.shown !== '' && !(error instanceof CommanderError)) io.stderr(failure.shown);
  return failure.exit;
}

interface Failure {
  readonly exit: number;
  readonly message: string;
  readonly details: FailureDetails;
  /** The text for people; empty for none. */
  readonly shown: string;
}

function read(error: unknown, interrupted: boolean): Failure {
  if (error instanceof CommanderError) {
    const text = plainUsage(error.message).replace(/^error: /, '');
    const message = text.startsWith('(') ? 'A subcommand is missing.' : text;
    return { exit: EXIT.wrongUsage, message, details: { code: 'usage' }, shown: '' };
  }
  if (error instanceof UsageError) {
    const { message } = error;
    const shown = `error: ${message}\n${HELP_HINT}`;
    return { exit: EXIT.wrongUsage, message, details: { code: 'usage' }, shown };
  }
  if (error instanceof Interrupted || (interrupted && error instanceof ServiceUnreachable)) {
    const shown = error instanceof Interrupted ? error.message : '';
    const message = shown === '' ? 'Interrupted.' : shown;
    return { exit: EXIT.interrupted, message, details: { code: 'interrupted' }, shown };
  }
  const details = detailsOf(error);
  if (details === undefined || !(error instanceof Error)) throw error;
  const { message } = error;
  return { exit: EXIT.failed, message, details, shown: `error: ${message}` };
}

/** @returns undefined for an error that no command expects */
function detailsOf(error: unknown): FailureDetails | undefined {
  if (error instanceof CommandFailure) return error.details;
  if (error instanceof ServiceUnreachable) return { code: 'unreachable' };
  if (error instanceof DomainError) return { code: error.code };
  return undefined;
}
