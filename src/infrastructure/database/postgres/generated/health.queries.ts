/** Types generated for queries found in "queries/health.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'CheckHealth' parameters type */
export type CheckHealthParams = void;

/** 'CheckHealth' return type */
export interface CheckHealthResult {
  answer: number;
}

const checkHealthIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select 1 as \"answer!\""};

/**
 * Query generated from SQL:
 * ```
 * select 1 as "answer!"
 * ```
 */
export const checkHealth = new PreparedQuery<CheckHealthParams,CheckHealthResult>(checkHealthIR);
