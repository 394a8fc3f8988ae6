import {
  type ActNote,
  OPERATOR_MAX_LENGTH,
  parseOperator,
  parseReason,
  REASON_MAX_LENGTH,
} from '../../domain/administrative-acts.ts';
import { InvalidValue } from '../../domain/errors.ts';
import type { HeaderSpec } from './header-spec.ts';
import { InvalidRequest, type ProblemFieldError } from './problems.ts';

const ENCODING = 'Characters outside of printable ASCII, and `%`, are percent-encoded UTF-8.';
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

export const operatorHeader: HeaderSpec = {
  name: 'X-Operator',
  required: false,
  description: `Name of the person who acts, 1–${OPERATOR_MAX_LENGTH} characters, for the record of administrative acts. It allows nothing. ${ENCODING}`,
};

/** For routes without a body. */
export const reasonHeader: HeaderSpec = {
  name: 'X-Reason',
  required: false,
  description: `Why, 1–${REASON_MAX_LENGTH} characters, for the record of administrative acts. ${ENCODING}`,
};

type ReadHeader = (name: string) => string | undefined;

/**
 * Reads `X-Operator`.
 * @throws InvalidRequest
 */
export function readOperator(header: ReadHeader): string | null {
  return readNote(header, [operatorHeader]).operator;
}

/**
 * Reads `X-Operator` and `X-Reason`.
 * @throws InvalidRequest with the faults of both
 */
export function readActNote(header: ReadHeader): ActNote {
  return readNote(header, [operatorHeader, reasonHeader]);
}

function readNote(header: ReadHeader, specs: readonly HeaderSpec[]): ActNote {
  const faults: ProblemFieldError[] = [];
  const read = (spec: HeaderSpec, parse: (text: string) => string): string | null => {
    const sent = specs.includes(spec) ? header(spec.name.toLowerCase()) : undefined;
    if (sent === undefined) return null;
    try {
      return parse(decode(sent));
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      const { code, message } = error;
      faults.push({ pointer: `/header/${spec.name}`, code, message });
      return null;
    }
  };
  const note = {
    operator: read(operatorHeader, parseOperator),
    reason: read(reasonHeader, parseReason),
  };
  if (faults.length > 0) throw new InvalidRequest(faults);
  return note;
}

/** @throws InvalidValue */
function decode(sent: string): string {
  try {
    if (PRINTABLE_ASCII.test(sent)) return decodeURIComponent(sent);
  } catch {
    // A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
  }
  throw new InvalidValue('header_encoding', 'Must be printable ASCII with percent-encoded UTF-8.');
}
