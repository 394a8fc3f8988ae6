import { publicRoutes, type RouteSettings } from '../route-table.ts';
import { openApiDocument } from './document.ts';

/** Generates the document of the public routes. It takes 80 ms or more: the service serves the committed file instead. */
export function publicDocument(settings: RouteSettings): Record<string, unknown> {
  return openApiDocument(publicRoutes(settings), settings);
}
