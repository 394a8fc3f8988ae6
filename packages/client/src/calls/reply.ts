import type { Reply } from '../result.ts';
import type { ClientProblem } from './problems.ts';

/** A problem as the core reads it; the generated types know the members of each code. */
export type AnyProblem =
  | ClientProblem
  | {
      readonly code: string;
      readonly status: number;
      readonly detail: string;
      readonly request_id: string;
      readonly retry_after?: number;
    };

/** A reply before the generated types give it the shape of its operation. */
export type AnyReply = Reply<unknown, AnyProblem>;
