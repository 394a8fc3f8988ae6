/**
 * A link with a token in its fragment, which browsers send to no server and keep out of `Referer`.
 * @param page URL of the page, without a fragment
 * @param query parameters for the page that are no secret, such as the language; null ones are left out
 */
export function secretLink(
  page: string,
  token: string,
  query: Readonly<Record<string, string | null>> = {},
): string {
  const url = new URL(page);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null) url.searchParams.set(name, value);
  }
  url.hash = `t=${token}`;
  return url.href;
}
