// A process that has a verifier and nothing else to do. It closes the verifier at SIGTERM, and its connection to NATS at
// SIGUSR2; it has to end by itself.
import { connect } from '@nats-io/transport-node';
import { createVerifier } from '@user-service/client/verify';

const { issuer, http, nats, waits } = JSON.parse(process.argv[2] ?? '{}');
const connection = nats === undefined ? null : await connect({ servers: nats });
const verifier = createVerifier({
  ...{ issuer, audience: 'user-service' },
  revocations: connection === null ? { http } : { nats: { connection } },
});
process.once('SIGTERM', () => verifier.close());
process.once('SIGUSR2', () => connection?.close());
if (waits === true) {
  await verifier.ready();
  process.stdout.write('ready\n');
}
