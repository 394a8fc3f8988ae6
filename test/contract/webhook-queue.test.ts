import { databaseImplementations } from './databases.ts';
import { describeWebhookQueueContract } from './webhook-queue.contract.ts';

for (const implementation of databaseImplementations) describeWebhookQueueContract(implementation);
