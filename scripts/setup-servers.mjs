// Installs the servers that the tests need, Node 22 and 24, and Bun. Plain JavaScript without dependencies: it runs before
// `npm ci`. It changes nothing if everything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { bun, findBinary, node22, node24 } from './lib/server-binaries.mjs';
import { withoutStartingServices } from './lib/service-starts.mjs';

/** Versions are compared by major and minor; `apt`, `brew` and `dnf` name packages, with blanks between them. */
const servers = [
  {
    name: 'PostgreSQL',
    programs: ['postgres', 'initdb'],
    minimum: [15, 0],
    apt: 'postgresql',
    brew: 'postgresql@17',
    dnf: 'postgresql-server postgresql-contrib',
    older: 'your distribution is older: https://www.postgresql.org/download/ has newer packages',
  },
  {
    name: 'Redis',
    programs: ['redis-server'],
    minimum: [7, 0],
    apt: 'redis-server',
    brew: 'redis',
    dnf: 'redis',
    older: 'your distribution is older: https://redis.io/docs/latest/operate/ has newer packages',
  },
  {
    name: 'NATS',
    programs: ['nats-server'],
    minimum: [2, 9],
    apt: 'nats-server',
    brew: 'nats-server',
    dnf: 'nats-server',
    older:
      'your distribution is older: https://github.com/nats-io/nats-server/releases has packages',
  },
  {
    name: 'PgBouncer',
    programs: ['pgbouncer'],
    minimum: [1, 18],
    apt: 'pgbouncer',
    brew: 'pgbouncer',
    dnf: 'pgbouncer',
    older: 'your distribution is older: https://www.pgbouncer.org/downloads/ has newer packages',
  },
  {
    name: 'HAProxy',
    programs: ['haproxy'],
    minimum: [2, 2],
    apt: 'haproxy',
    brew: 'haproxy',
    dnf: 'haproxy',
    older: 'your distribution is older: https://haproxy.debian.net has newer packages',
  },
  {
    name: 'Chromium',
    programs: ['chromium'],
    minimum: [120, 0],
    apt: 'chromium',
    brew: 'chromium',
    dnf: 'chromium',
    older:
      'your distribution is older: https://www.chromium.org/getting-involved/download-chromium has builds',
  },
  {
    name: 'libfaketime',
    programs: ['faketime'],
    minimum: [0, 9],
    apt: 'faketime',
    brew: 'libfaketime',
    dnf: 'libfaketime',
    older: 'your distribution is older: https://github.com/wolfcw/libfaketime has the source',
  },
  {
    name: 'Spin',
    programs: ['spin', 'gcc'],
    versionOption: '-V',
    minimum: [6, 4],
    // The models are C programs in the end. Without recommended packages, gcc comes without the C library's headers.
    apt: 'spin gcc libc6-dev',
    // The command line tools of Xcode have a gcc.
    brew: 'spin',
    dnf: 'spin gcc',
    older: 'your distribution is older: https://spinroot.com has the source',
  },
];

/** For the second run of the unit and contract suites, and for the client package; inside the project. */
const runtimes = [node22, node24, bun];

const attempts = 3;

process.exitCode = await main();

async function main() {
  const missing = servers.filter((server) => inspect(server).problem !== undefined);
  try {
    if (missing.length > 0) await install(missing);
    for (const runtime of runtimes) await installRuntime(runtime);
  } catch (error) {
    console.error(`\nsetup:servers: ${error.message}`);
    return 1;
  }
  const problems = report();
  for (const problem of problems) console.error(`setup:servers: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

/** The path and version of a server's first program, and the problem with it, if any. */
function inspect({ name, programs, minimum, older, versionOption = '--version' }) {
  const absent = programs.filter((program) => findBinary(program) === undefined);
  if (absent.length > 0) return { problem: `${name}: ${absent.join(' and ')} not found` };
  const path = findBinary(programs[0]);
  const { stdout = '', stderr = '' } = spawnSync(path, [versionOption], { encoding: 'utf8' });
  const version = /\d+(\.\d+)+/.exec(stdout + stderr)?.[0];
  if (version === undefined)
    return { path, problem: `${name}: ${path} ${versionOption} prints no version` };
  const [major, minor] = version.split('.').map(Number);
  const tooOld = major < minimum[0] || (major === minimum[0] && minor < minimum[1]);
  return {
    path,
    version,
    problem: tooOld
      ? `${name} ${version} at ${path} is too old, ${minimum.join('.')} is needed; ${older}`
      : undefined,
  };
}

function report() {
  const found = servers.map((server) => ({ name: server.name, ...inspect(server) }));
  for (const { name, version = 'missing', path = '', problem } of found) {
    const tooOld = problem !== undefined && path !== '' ? ' (too old)' : '';
    console.log(`  ${name.padEnd(12)}${version.padEnd(9)}${path}${tooOld}`);
  }
  const problems = found.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  for (const runtime of runtimes) {
    const { name, binary } = runtime;
    const version = versionOf(runtime);
    console.log(`  ${name.padEnd(12)}${(version ?? 'missing').padEnd(9)}${binary}`);
    if (version === undefined) problems.push(`${name}: ${binary} does not run`);
  }
  return problems;
}

async function install(missing) {
  console.log(`Missing or too old: ${missing.map(({ name }) => name).join(', ')}`);
  if (process.platform === 'linux' && findBinary('apt-get') !== undefined) {
    const privilege = rootPrefix();
    if (privilege !== undefined) return await installWithApt(missing, privilege);
  }
  if (process.platform === 'darwin' && findBinary('brew') !== undefined) {
    const packages = missing.map(({ brew }) => brew);
    return await attempt(`brew install ${packages.join(' ')}`, () =>
      run('brew', ['install', ...packages], { HOMEBREW_NO_AUTO_UPDATE: '1' }),
    );
  }
  throw new Error(
    `cannot install them on this machine. Install them yourself, then run this again:\n${remedies(missing)}`,
  );
}

/** The prefix of a command that needs root; undefined without permission to become root. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const allowed = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return allowed ? ['sudo', '-n'] : undefined;
}

function remedies(missing) {
  const line = (tool, key) => `  ${tool} ${missing.map((server) => server[key]).join(' ')}`;
  return [
    line('sudo apt-get install --no-install-recommends', 'apt'),
    line('sudo dnf install', 'dnf'),
    line('brew install', 'brew'),
  ].join('\n');
}

async function installWithApt(missing, privilege) {
  const packages = missing.flatMap(({ apt }) => apt.split(' '));
  const aptGet = (...args) => {
    const settings = ['Acquire::Retries=2', 'Acquire::http::Timeout=30', 'DPkg::Lock::Timeout=120'];
    const options = settings.flatMap((setting) => ['-o', setting]);
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...options, ...args];
    const [program, ...rest] = [...privilege, ...command];
    return run(program, rest);
  };
  await attempt('apt-get update', () => aptGet('update'));
  const notes = await withoutStartingServices(privilege, packages, () =>
    attempt(`apt-get install ${packages.join(' ')}`, () =>
      aptGet('install', '-y', '--no-install-recommends', ...packages),
    ),
  );
  for (const note of notes) console.log(`  note: ${note}`);
}

async function installRuntime(runtime) {
  if (versionOf(runtime) !== undefined) return;
  const { packageName, version, prefix } = runtime;
  await mkdir(prefix, { recursive: true });
  const specifier = `${packageName}@${version}`;
  await attempt(`npm install ${specifier}`, () =>
    run('npm', [
      ...['install', '--prefix', prefix, '--no-save', '--no-package-lock'],
      ...['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries', '1', specifier],
    ]),
  );
}

/** The version of an installed runtime; undefined for another one than is wanted. */
function versionOf({ binary, version }) {
  if (!existsSync(binary)) return undefined;
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  const found = /^v?(\d+\.\d+\.\d+)\s*$/.exec(stdout ?? '')?.[1];
  return found !== undefined && `${found}.`.startsWith(`${version}.`) ? found : undefined;
}

/** Prints the title and the duration of the work, and retries it a few times, since networks fail. */
async function attempt(title, work) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  console.log(`- ${title}`);
  const heartbeat = setInterval(() => console.log(`  still running, ${seconds()}`), 10_000);
  try {
    for (let tried = 1; ; tried += 1) {
      try {
        await work();
        console.log(`  done in ${seconds()}`);
        return;
      } catch (error) {
        if (tried === attempts) throw new Error(`${title} failed ${tried} times: ${error.message}`);
        console.log(`  failed, retrying: ${error.message.split('\n').at(-1)}`);
        await delay(tried * 3_000);
      }
    }
  } finally {
    clearInterval(heartbeat);
  }
}

/** Runs a command without input and without printing its output; an error has the end of the output. */
function run(program, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} exited with ${signal ?? code}\n${output.trim()}`));
    });
  });
}
