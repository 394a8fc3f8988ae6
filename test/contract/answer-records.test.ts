import {
  describeAnswerRecordsContract,
  describeParallelAnswerRecords,
} from './answer-records.contract.ts';
import { databaseImplementations } from './databases.ts';

for (const implementation of databaseImplementations) {
  describeAnswerRecordsContract(implementation);
  if (implementation.name === 'PostgreSQL') describeParallelAnswerRecords(implementation);
}
