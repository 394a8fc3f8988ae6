const TRACES_PATH = '/v1/traces';

/** The URL that takes exports: the endpoint of a collector with or without its path. */
export function tracesUrl(endpoint: string): string {
  return endpoint.endsWith(TRACES_PATH) ? endpoint : `${endpoint}${TRACES_PATH}`;
}
