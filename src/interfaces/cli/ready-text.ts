/** The facts of the ready message. */
export interface Ready {
  readonly url: string;
  readonly drivers: Readonly<Record<string, string>>;
  readonly serviceKeyFile: string | null;
  readonly newServiceKey: string | null;
  /** The folder of an embedded database that this start has made. */
  readonly newDatabase: string | null;
  /** Whether anybody is registered: the example then signs in instead of registering. */
  readonly hasUsers: boolean;
}

function exampleRequest({ url, hasUsers }: Ready): string {
  return hasUsers ? signIn(url) : register(url);
}

function signIn(url: string): string {
  const body = JSON.stringify({ email: 'EMAIL', password: 'PASSWORD' });
  return `curl -i ${url}/v1/sessions -H 'content-type: application/json' -d '${body}'`;
}

/** Its password is random: readers would keep one that is shown. */
function register(url: string): string {
  const password = `$(node -p "crypto.randomBytes(12).toString('hex')")`;
  const person = {
    first_name: 'Grace',
    last_name: 'Kelly',
    email: 'grace@example.com',
    password: 'PASSWORD',
  };
  const body = JSON.stringify(person).replace('PASSWORD', () => `'"${password}"'`);
  return `curl -i ${url}/v1/users -H 'content-type: application/json' -d '${body}'`;
}

/** The ready message for people. It shows the service key only at the start that created it. */
export function readyText(ready: Ready): string {
  const { url, drivers, serviceKeyFile, newServiceKey, newDatabase } = ready;
  const parts = Object.entries(drivers).map(([part, driver]) => `${part} ${driver}`);
  const lines = [
    `user-service is ready on ${url} (${parts.join(', ')})`,
    ...(newDatabase === null ? [] : [`  new database       ${newDatabase}`]),
    `  API documentation  ${url}/docs`,
    ...(serviceKeyFile === null ? [] : [`  service key        ${serviceKeyFile}`]),
    ...(newServiceKey === null ? [] : [`                     ${newServiceKey}`]),
    `  try                ${exampleRequest(ready)}`,
  ];
  return lines.join('\n');
}
