/** Whether a line is shown, and how it is coloured. */
export interface TerminalStyle {
  readonly colorize: boolean;
  /** Shows the requests of the operator's commands too, which an import has by the thousand. */
  readonly isDebug: boolean;
}

const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/**
 * The line of a finished request for a terminal: `15:58:55 POST /v1/users 201 156 ms anonymous`, in local time. A code and
 * a request id follow when the request failed.
 * @param line a log line as JSON
 * @returns undefined for other lines; empty for a line that is not shown
 */
export function formatRequestLine(line: string, style: TerminalStyle): string | undefined {
  if (!line.includes('"message":"request"')) return undefined;
  const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const { message, time, method, route, status, duration_ms, principal } = event;
  if (message !== 'request' || typeof status !== 'number') return undefined;
  const isFailure = status >= 400;
  if (principal === 'operator' && !isFailure && !style.isDebug) return '';
  const at = new Date(String(time)).toTimeString().slice(0, 8);
  const shownStatus = style.colorize ? colour(status) : String(status);
  const duration = `${Math.round(Number(duration_ms))} ms`;
  const words = [at, method, route, shownStatus, duration, principal];
  if (isFailure) words.push(event.code, `(request ${event.request_id})`);
  return `${words.filter((word) => word !== undefined && word !== null).join(' ')}\n`;
}

function colour(status: number): string {
  const name = status >= 500 ? 'red' : status >= 400 ? 'yellow' : status >= 300 ? 'cyan' : 'green';
  return `\u001b[${COLOURS[name]}m${status}\u001b[39m`;
}
