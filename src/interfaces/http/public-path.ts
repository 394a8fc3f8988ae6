/**
 * The path at which clients reach the service, without a trailing slash; empty without one. A proxy that adds a path to
 * the service's own removes it from requests, and knows nothing of the paths in responses.
 */
export function publicPath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '');
}
