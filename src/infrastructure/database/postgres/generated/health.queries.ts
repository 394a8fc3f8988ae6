/** Types generated for queries found in "queries/health.sql" */
import { PreparedQuery, type StatementSource } from '../../prepared-query.ts';

/** 'CheckHealth' parameters type */
export type CheckHealthParams = void;

/** 'CheckHealth' return type */
export interface CheckHealthResult {
  read_only: boolean;
}

const checkHealthIR: StatementSource = {"usedParamSet":{},"params":[],"statement":"select current_setting('transaction_read_only') = 'on' as \"read_only!\""};

/**
 * Query generated from SQL:
 * ```
 * select current_setting('transaction_read_only') = 'on' as "read_only!"
 * ```
 */
export const checkHealth = new PreparedQuery<CheckHealthParams,CheckHealthResult>(checkHealthIR);
