/** A service key, or a function that returns the current one, for keys that are rotated. */
export type ServiceKey = string | (() => string | Promise<string>);

export async function serviceHeaders(key: ServiceKey): Promise<Record<string, string>> {
  return { authorization: `Bearer ${typeof key === 'string' ? key : await key()}` };
}
