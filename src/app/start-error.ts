import { ControlSocketError } from '../infrastructure/system/control-socket.ts';

/** A configuration that this build cannot serve; the message is one sentence for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Why an address cannot be listened on, by the operating system's code. */
const LISTEN_FAILURES: Readonly<Record<string, (portKey: string) => string>> = {
  EADDRINUSE: (portKey) => `another process uses it. Stop that process, or set another ${portKey}.`,
  EACCES: (portKey) => `this user may not use the port. Set another ${portKey}.`,
  EADDRNOTAVAIL: () => 'this machine has no such address. Check server.host.',
  ENOTFOUND: () => 'the name does not resolve. Check server.host.',
  EAI_AGAIN: () => 'the name cannot be resolved now. Check server.host.',
};

/** Limits of the operating system that any step of a start can meet. */
const SYSTEM_LIMITS: Readonly<Record<string, string>> = {
  EMFILE: 'This process may not open more files (EMFILE). Raise its limit (`ulimit -n`).',
  ENFILE:
    'This machine has too many open files (ENFILE). Raise its limit, or stop other processes.',
};

/** The sentence about a limit of the operating system, if one caused the error. */
function describeSystemLimit(error: unknown): string | undefined {
  let cause = error;
  // Wrapped errors are few; the bound is for a cause that names itself.
  for (let depth = 0; depth < 8 && cause instanceof Error; depth += 1) {
    const sentence = SYSTEM_LIMITS[(cause as NodeJS.ErrnoException).code ?? ''];
    if (sentence !== undefined) return sentence;
    cause = cause.cause;
  }
  return undefined;
}

/** Listens on an address. @throws StartError that names the address and the key to change. */
export async function listenOn<T>(
  address: { readonly host: string; readonly port: number },
  portKey: 'server.port' | 'server.management_port',
  listen: (address: { host: string; port: number }) => Promise<T>,
): Promise<T> {
  const { host, port } = address;
  try {
    return await listen({ host, port });
  } catch (error) {
    const describe = LISTEN_FAILURES[(error as NodeJS.ErrnoException).code ?? ''];
    if (describe === undefined) throw error;
    const shownHost = host.includes(':') ? `[${host}]` : host;
    throw new StartError(`Cannot listen on ${shownHost}:${port}: ${describe(portKey)}`, {
      cause: error,
    });
  }
}

/** Why a start failed, in one line for the operator. */
export function describeStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const limit = describeSystemLimit(error);
  if (limit !== undefined) return limit;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && path !== undefined && !(error instanceof ControlSocketError)) {
    const hint =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'The disk is full: make room and start again.'
        : 'Check database.path and its permissions.';
    return `${error.message}. ${hint}`;
  }
  return error.message;
}

/** What a failed start was caused by, for the log; undefined when the description says it all. */
export function causeOfStartFailure(error: unknown): string | undefined {
  return error instanceof Error && error.cause instanceof Error
    ? `${error.cause.name}: ${error.cause.message}`
    : undefined;
}
