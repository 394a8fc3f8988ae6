// A mirror of the client package over JetStream, whose source delivers old events again.
import { connect } from '@nats-io/transport-node';
import { jetStreamEvents } from '@user-service/client/events';
import { keepTable } from './keep-table.mjs';

const connection = await connect({ servers: process.env.NATS_URL, maxReconnectAttempts: -1 });
await keepTable(jetStreamEvents({ connection, durable: 'users-table', ackWaitMs: 5_000 }));
