/**
 * An SMTP server in a separate process. `argv[2]` has its settings as JSON. It appends each accepted mail to a file as a
 * line of JSON. The recipient selects its behaviour; see `SmtpServer`.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer, type SMTPServerAddress, type SMTPServerSession } from 'smtp-server';
import type { SmtpChildSettings } from './smtp-server.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as SmtpChildSettings;
const seen = new Map<string, number>();

function behaviourOf({ address }: SMTPServerAddress): string {
  return address.split(/[.@]/)[0] ?? '';
}

function reply(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

/** How many mails of this recipient have reached this point, this one included. */
function countVisit(address: string): number {
  const count = (seen.get(address) ?? 0) + 1;
  seen.set(address, count);
  return count;
}

/** Writes to a file, because this process and the test may be killed at any time. */
function record(session: SMTPServerSession, content: Buffer): void {
  const { mailFrom, rcptTo } = session.envelope;
  const mail = {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    secure: session.secure,
    user: session.user ?? null,
    connections: server.connections.size,
    content: content.toString('base64'),
  };
  appendFileSync(settings.log, `${JSON.stringify(mail)}\n`);
}

/** Destroys the socket without a reply. */
function cut({ id }: SMTPServerSession): void {
  const connections = server.connections as Iterable<unknown>;
  for (const connection of connections as Iterable<{ id: string; _socket: Socket }>) {
    if (connection.id === id) connection._socket.destroy();
  }
}

const server: SMTPServer = new SMTPServer({
  ...(settings.certificate === undefined
    ? {}
    : {
        cert: readFileSync(settings.certificate.certificatePath),
        key: readFileSync(settings.certificate.privateKeyPath),
      }),
  secure: settings.implicitTls === true,
  disabledCommands: settings.certificate === undefined ? ['STARTTLS'] : [],
  authOptional: settings.password === undefined,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  closeTimeout: 100,
  logger: false,
  onAuth({ username, password }, _session, callback) {
    if (password === settings.password) callback(null, { user: username ?? '' });
    else callback(reply(535, 'no'));
  },
  async onConnect(_session, callback) {
    if (settings.greetingDelayMs !== undefined) await delay(settings.greetingDelayMs);
    callback();
  },
  onRcptTo(address, _session, callback) {
    const behaviour = behaviourOf(address);
    if (behaviour === 'never') callback(reply(550, `5.1.1 <${address.address}> unknown here`));
    else if (behaviour === 'later') callback(reply(451, '4.3.0 try again'));
    else if (behaviour === 'once' && countVisit(address.address) === 1)
      callback(reply(450, '4.2.0 grey'));
    else callback();
  },
  onData(stream, session, callback) {
    const [recipient] = session.envelope.rcptTo;
    const address = recipient?.address ?? '';
    const behaviour = recipient === undefined ? '' : behaviourOf(recipient);
    if (behaviour === 'drop') {
      // During the data.
      stream.once('data', () => cut(session));
      stream.resume();
      return;
    }
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      if (behaviour === 'hang') return;
      if (behaviour === 'spam') return callback(reply(554, '5.7.1 refused'));
      if (behaviour === 'full') return callback(reply(452, '4.2.2 no room'));
      record(session, Buffer.concat(parts));
      // Accepted, but the client receives no reply.
      if (behaviour === 'lost' && countVisit(address) === 1) return cut(session);
      callback(null, 'accepted');
    });
  },
});
server.on('error', () => {});
const listening = server.listen(settings.port ?? 0, '127.0.0.1', () => {
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`listening on ${port}\n`);
});
