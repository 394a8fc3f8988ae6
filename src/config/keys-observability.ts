import { derived, optional, withDefault } from './definition.ts';
import { oneOf, path, ratio, secret, url } from './kinds.ts';

/** Logs and traces. */
export const observabilityKeys = {
  'logging.level': withDefault(
    oneOf('debug', 'info', 'warn', 'error'),
    'info',
    'Lowest level that is logged',
  ),
  'logging.format': derived(
    oneOf('json', 'pretty'),
    '`json`; `pretty` on a terminal',
    'One JSON object per line, or text for people',
  ),
  'tracing.endpoint': optional(
    url(),
    'OpenTelemetry collector (OTLP over HTTP), such as `http://127.0.0.1:4318`; without it tracing is off',
  ),
  'tracing.headers': optional(
    secret(
      'secret headers',
      'headers such as `authorization=Bearer%20…`, separated by commas, with percent-encoded values',
    ),
    'Headers of every export, as in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, separated by commas, percent-encoded',
  ),
  'tracing.tls_ca': optional(
    path(),
    'File with the CA certificates to trust (PEM), instead of those of Node.js',
  ),
  'tracing.tls_cert': optional(path(), 'File with the client certificate (PEM)'),
  'tracing.tls_key': optional(path(), 'File with the key of the client certificate (PEM)'),
  'tracing.sample_ratio': withDefault(
    ratio(),
    1,
    'Fraction of the traces started here that is kept; for a caller’s trace, its `traceparent` decides',
  ),
} as const;
