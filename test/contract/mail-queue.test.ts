import { databaseImplementations } from './databases.ts';
import { describeMailQueueContract } from './mail-queue.contract.ts';

for (const implementation of databaseImplementations) describeMailQueueContract(implementation);
