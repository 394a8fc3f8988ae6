/** Where a service listens. */
interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly managementPort?: number | undefined;
}

/** Addresses that mean every interface, as URLs spell them: this machine reaches them over loopback. */
const EVERY_INTERFACE: Readonly<Record<string, string>> = {
  '0.0.0.0': '127.0.0.1',
  '[::]': '[::1]',
};

/** The base URL at which this machine reaches the health of a service: on its management port if it has one. */
export function localUrl({ host, port, managementPort }: ServerAddress): string {
  // The parser gives each address one spelling.
  const { hostname } = new URL(`http://${host.includes(':') ? `[${host}]` : host}`);
  return `http://${EVERY_INTERFACE[hostname] ?? hostname}:${managementPort ?? port}`;
}
