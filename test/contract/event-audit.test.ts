import { databaseImplementations } from './databases.ts';
import { describeEventAuditContract } from './event-audit.contract.ts';

for (const implementation of databaseImplementations) describeEventAuditContract(implementation);
