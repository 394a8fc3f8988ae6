import { connect } from 'node:net';

/** The message SSLRequest (PostgreSQL manual, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const YES = 'S'.charCodeAt(0);

/**
 * Asks a server, on a connection of its own, whether it speaks TLS: node-postgres ends a connection whose server does
 * not. @throws the error of the connection, or after the timeout
 */
export function offersTls(address: {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new Error('timeout expired while asking the server for TLS')),
      address.timeoutMs,
    );
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer[0] === YES);
    });
    socket.on('error', fail);
    // After `data` or an error this changes nothing: the promise is settled.
    socket.once('close', () => fail(new Error('the server closed the connection')));
  });
}
