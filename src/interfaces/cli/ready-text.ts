/** The facts of the ready message. */
export interface Ready {
  readonly url: string;
  readonly drivers: Readonly<Record<string, string>>;
  readonly serviceKeyFile: string | null;
  readonly newServiceKey: string | null;
}

function exampleRequest(url: string): string {
  const person = {
    first_name: 'Grace',
    last_name: 'Kelly',
    email: 'grace@example.com',
    password: 'a long enough passphrase',
  };
  return `curl -i ${url}/v1/users -H 'content-type: application/json' -d '${JSON.stringify(person)}'`;
}

/** The ready message for people. It shows the service key only at the start that created it. */
export function readyText(ready: Ready): string {
  const { url, drivers, serviceKeyFile, newServiceKey } = ready;
  const parts = Object.entries(drivers).map(([part, driver]) => `${part} ${driver}`);
  const lines = [
    `user-service is ready on ${url} (${parts.join(', ')})`,
    `  API documentation  ${url}/docs`,
    ...(serviceKeyFile === null ? [] : [`  service key        ${serviceKeyFile}`]),
    ...(newServiceKey === null ? [] : [`                     ${newServiceKey}`]),
    `  try                ${exampleRequest(url)}`,
  ];
  return lines.join('\n');
}
