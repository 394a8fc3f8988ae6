import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const PAGE = 'docs/use-it/verify-in-other-languages.md';
/** Downloads of modules take their time. */
const BUILD_TIMEOUT_MS = 600_000;
const RUN_TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

/** A language of the page: how its programs are built and run. */
export interface Language {
  readonly name: 'go' | 'java' | 'python';
  /** The programs without which the language cannot be checked. */
  readonly toolchain: readonly string[];
  /** Modules with their versions, as the page names them. */
  readonly modules: readonly (readonly [name: string, version: string])[];
  /** Whether its verifier knows EdDSA. */
  readonly knowsEdDsa: boolean;
  /** Where its program reads revocations: the feed over HTTP, or the stream of NATS. */
  readonly follows: 'feed' | 'stream';
  build(folder: string): void;
  /** The command that runs what was built. */
  command(folder: string): readonly [program: string, ...args: string[]];
  /** @returns the verdicts, one JSON object a line */
  run(folder: string, vectors: string, now: number): string;
}

export const LANGUAGES: readonly Language[] = [
  {
    name: 'go',
    toolchain: ['go'],
    modules: [
      ['github.com/golang-jwt/jwt/v5', '5.3.1'],
      ['github.com/MicahParks/jwkset', '0.11.4'],
      ['github.com/nats-io/nats.go', '1.55.0'],
    ],
    knowsEdDsa: true,
    follows: 'stream',
    command: (folder) => [join(folder, 'program')],
    build(folder) {
      writePrograms('go', folder);
      copyFileSync(join(import.meta.dirname, 'vectors.go'), join(folder, 'main.go'));
      execute('go', ['mod', 'init', 'verify'], folder);
      execute(
        'go',
        ['get', ...this.modules.map(([name, version]) => `${name}@v${version}`)],
        folder,
      );
      execute('go', ['vet', '.'], folder);
      execute('go', ['build', '-o', 'program', '.'], folder);
    },
    run: runVectors,
  },
  {
    name: 'java',
    toolchain: ['java', 'mvn', 'faketime'],
    modules: [
      ['spring-security-oauth2-resource-server', '7.1.2'],
      ['spring-security-oauth2-jose', '7.1.2'],
      ['spring-security-config', '7.1.2'],
    ],
    knowsEdDsa: false,
    follows: 'feed',
    command: (folder) => ['java', '-cp', classPathOf(folder), 'Vectors'],
    build(folder) {
      const sources = join(folder, 'src', 'main', 'java');
      writePrograms('java', sources);
      copyFileSync(join(import.meta.dirname, 'Vectors.java'), join(sources, 'Vectors.java'));
      writeFileSync(join(folder, 'pom.xml'), pom(this.modules));
      const classPath = ['dependency:build-classpath', '-Dmdep.outputFile=classpath'];
      execute('mvn', ['-q', '-B', 'compile', ...classPath], folder);
    },
    run(folder, vectors, now) {
      const time = new Date(now * 1_000).toISOString().replace('T', ' ').slice(0, 19);
      const stopped = ['-m', '-f', '--exclude-monotonic', time];
      const command = [...this.command(folder), vectors];
      return execute('faketime', [...stopped, ...command], folder, RUN_TIMEOUT_MS);
    },
  },
  {
    name: 'python',
    toolchain: ['python3'],
    modules: [['PyJWT[crypto]', '2.15.1']],
    knowsEdDsa: true,
    follows: 'feed',
    command: (folder) => [join(folder, 'venv', 'bin', 'python'), 'vectors.py'],
    build(folder) {
      writePrograms('python', folder);
      copyFileSync(join(import.meta.dirname, 'vectors.py'), join(folder, 'vectors.py'));
      execute('python3', ['-m', 'venv', 'venv'], folder);
      const modules = this.modules.map(([name, version]) => `${name}==${version}`);
      execute('venv/bin/pip', ['install', '-q', '--disable-pip-version-check', ...modules], folder);
    },
    run: runVectors,
  },
];

function runVectors(this: Language, folder: string, vectors: string): string {
  const [program, ...args] = this.command(folder);
  return execute(program, [...args, vectors], folder, RUN_TIMEOUT_MS);
}

function classPathOf(folder: string): string {
  const classes = join(folder, 'target', 'classes');
  return `${classes}:${readFileSync(join(folder, 'classpath'), 'utf8')}`;
}

/** The toolchain of a language that is not installed; undefined if all of it is. */
export function missingProgram({ toolchain }: Language): string | undefined {
  return toolchain.find((name) => spawnSync('which', [name]).status !== 0);
}

/** The page must name the versions that are checked. @returns the modules that it does not name so */
export function unnamedModules({ modules }: Language): readonly string[] {
  const page = readFileSync(join(root, PAGE), 'utf8');
  return modules
    .filter(([name, version]) => !page.includes(`\`${name}\``) || !page.includes(version))
    .map(([name, version]) => `${name} ${version}`);
}

/** Writes the programs of the page: blocks whose first line is a comment with the name of the file. */
function writePrograms(language: Language['name'], folder: string): void {
  const page = readFileSync(join(root, PAGE), 'utf8');
  mkdirSync(folder, { recursive: true });
  const pattern = new RegExp(`^\`\`\`${language}\\n(?://|#) (\\S+)\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  const blocks = [...page.matchAll(pattern)];
  if (blocks.length < 2) throw new Error(`${PAGE} has ${blocks.length} programs in ${language}`);
  for (const [, name = '', text = ''] of blocks) writeFileSync(join(folder, name), text);
}

/** @returns standard output @throws Error with all output when the program fails */
function execute(
  program: string,
  args: readonly string[],
  cwd: string,
  timeout = BUILD_TIMEOUT_MS,
): string {
  try {
    return execFileSync(program, args, {
      ...{ cwd, timeout, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES },
      env: { ...process.env, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { message, stdout } = error as Error & { readonly stdout: string | null };
    throw new Error(`${message}\n${stdout ?? ''}`, { cause: error });
  }
}

function pom(modules: Language['modules']): string {
  const dependencies = modules.map(
    ([name, version]) => `    <dependency>
      <groupId>org.springframework.security</groupId>
      <artifactId>${name}</artifactId>
      <version>${version}</version>
    </dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId>
  <artifactId>verify</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
${dependencies.join('\n')}
    <dependency>
      <groupId>jakarta.servlet</groupId>
      <artifactId>jakarta.servlet-api</artifactId>
      <version>6.1.0</version>
    </dependency>
  </dependencies>
</project>
`;
}
