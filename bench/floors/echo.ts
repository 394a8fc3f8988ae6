import { Svcm } from '@nats-io/services';
import { connect } from '@nats-io/transport-node';
import type { ServerOrder } from './order.ts';

/** A micro service that answers with a ready text. @returns the address of its server */
export async function runEcho(order: Extract<ServerOrder, { kind: 'echo' }>): Promise<string> {
  const connection = await connect({ servers: order.url });
  const service = await new Svcm(connection).add({ name: 'echo', version: '1.0.0' });
  service.addEndpoint('echo', {
    subject: order.subject,
    handler: (_error, message) => void message.respond(order.text),
  });
  await connection.flush();
  return order.url;
}
