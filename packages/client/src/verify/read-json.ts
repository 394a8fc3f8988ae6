import { readText } from '../lib/read-text.ts';

/** @throws Error beyond the bound, or for a body that is not JSON */
export async function readJson(response: Response, maxBytes: number): Promise<unknown> {
  const text = await readText(response, maxBytes);
  if (text === undefined) throw new Error(`the response has more than ${maxBytes} bytes`);
  return JSON.parse(text);
}
