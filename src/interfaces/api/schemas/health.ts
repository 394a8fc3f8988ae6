import Type, { type Static } from 'typebox';
import type { DependencyHealth, HealthReport } from '../../../application/check-health.ts';
import { DEPENDENCY_REASONS } from '../../../domain/dependency-failure.ts';
import { wordOf } from './common.ts';

const REASONS = Object.keys(DEPENDENCY_REASONS)
  .map((reason) => `\`${reason}\``)
  .join(', ');

export const dependencySchema = Type.Object({
  status: wordOf(['ok', 'down', 'off'], { description: '`off` where it is not configured.' }),
  latency_ms: Type.Number(),
  driver: Type.String({ description: 'The implementation in use.' }),
  reason: Type.Optional(
    Type.String({
      description: `Why the dependency is \`down\` or, with the status \`ok\`, does not work in full. One of ${REASONS}; more may be added. Absent otherwise.`,
    }),
  ),
});
export const databaseSchema = Type.Object({
  ...dependencySchema.properties,
  clock_offset_ms: Type.Optional(
    Type.Integer({
      description: "The database's clock minus this instance's; absent for the embedded database.",
    }),
  ),
});
export const reportSchema = Type.Object({
  status: wordOf(['ok', 'degraded', 'down'], {
    description:
      '`down` if the database is down, `degraded` if another dependency is down or one has a `reason`.',
  }),
  checks: Type.Object({
    database: databaseSchema,
    cache: dependencySchema,
    messaging: dependencySchema,
  }),
});

export function toHealthResponse({ status, checks }: HealthReport): Static<typeof reportSchema> {
  return {
    status,
    checks: {
      database: toDependencyResponse(checks.database),
      cache: toDependencyResponse(checks.cache),
      messaging: toDependencyResponse(checks.messaging),
    },
  };
}

function toDependencyResponse(health: DependencyHealth): Static<typeof databaseSchema> {
  const { status, latencyMs, driver, reason, clockOffsetMs } = health;
  return {
    status,
    latency_ms: latencyMs,
    driver,
    ...(reason === undefined ? {} : { reason }),
    ...(clockOffsetMs === undefined ? {} : { clock_offset_ms: clockOffsetMs }),
  };
}
