import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { adviceOn } from './advice.ts';
import { ConfigError } from './config-error.ts';
import { decodeUtf8 } from './decode-utf8.ts';
import { derivations, type Machine } from './derive.ts';
import { type Environment, environmentCandidates, warnOfNearMisses } from './environment-source.ts';
import { expandUrls } from './expand-url.ts';
import {
  addProblem,
  createFindings,
  describeFileError,
  type Findings,
  RANKS,
  type ReadFile,
  readCandidates,
} from './findings.ts';
import { type ConfigFlag, flagCandidates } from './flag-source.ts';
import { checkNamedFiles } from './named-files.ts';
import { rules } from './rules.ts';
import {
  type Config,
  type DerivedKey,
  definitionOf,
  type Key,
  keys,
  toConfig,
  type Values,
} from './schema.ts';
import { namedSecretFiles, type StatFile, secretFileWarnings } from './secret-files.ts';
import { yamlCandidates } from './yaml-source.ts';

/** The sources of the configuration. Each defaults to that of the process. */
export interface ConfigInputs {
  /** Flags from `takeConfigFlags`, including `--config`. */
  readonly flags?: readonly ConfigFlag[] | undefined;
  readonly env?: Environment | undefined;
  /** Absolute path of the base of relative paths. */
  readonly cwd?: string | undefined;
  /** Called with absolute paths. */
  readonly readFile?: ReadFile | undefined;
  /** Called with absolute paths. */
  readonly statFile?: StatFile | undefined;
  /**
   * Checks the templates of a folder. Without it they are not checked.
   * @param folder an absolute path
   * @returns a clause for each error
   */
  readonly findMailTemplateFaults?:
    | ((settings: { readonly templatesDir: string }) => Promise<readonly string[]>)
    | undefined;
  readonly availableParallelism?: number | undefined;
  /** True if standard output is a terminal. */
  readonly terminal?: boolean | undefined;
}

/** A valid configuration. */
export interface LoadedConfig {
  readonly config: Config;
  /** The same values by key, for printing. */
  readonly values: Values;
  /** The source of each value: `default`, `derived`, or the place that sets it. */
  readonly sources: ReadonlyMap<Key, string>;
  /** Settings that are allowed but probably a mistake, one line each. */
  readonly warnings: readonly string[];
}

const DEFAULT_FILE = './config.yaml';

/**
 * Loads the configuration: defaults, then the YAML file (`--config FILE`, or `./config.yaml` if it
 * exists), then the environment, then flags; later ones win.
 * @throws ConfigError with every error in any of them
 */
export async function loadConfig(inputs: ConfigInputs = {}): Promise<LoadedConfig> {
  const { flags = [], env = process.env, cwd = process.cwd() } = inputs;
  const readAbsolute = inputs.readFile ?? readTextFile;
  const readFile: ReadFile = (path) => readAbsolute(resolve(cwd, path));
  const machine: Machine = {
    availableParallelism: inputs.availableParallelism ?? availableParallelism(),
    terminal: inputs.terminal ?? process.stdout.isTTY === true,
  };
  const findings = createFindings();
  await readYamlFile(flags, readFile, findings);
  readCandidates(findings, environmentCandidates(env), 'environment', readFile);
  warnOfNearMisses(env, findings);
  readCandidates(findings, flagCandidates(flags, findings), 'flag', readFile);
  expandUrls(findings);
  const { values, sources } = resolveValues(findings, machine);
  applyRules(findings, values, sources);
  checkNamedFiles(findings, values, sources, readFile);
  const templatesDir = values['mail.templates_dir'];
  if (templatesDir !== undefined && inputs.findMailTemplateFaults !== undefined) {
    const source = sources.get('mail.templates_dir') ?? 'default';
    const settings = { templatesDir: resolve(cwd, templatesDir) };
    for (const problem of await inputs.findMailTemplateFaults(settings)) {
      addProblem(findings, 'mail.templates_dir', { source, problem });
    }
  }
  if (findings.problems.length > 0) throw new ConfigError(findings.problems, findings.warnings);
  const isSet = (key: Key): boolean => !UNSET_SOURCES.has(sources.get(key) ?? '');
  const secretFiles = [...findings.secretFiles, ...namedSecretFiles(values)].map((file) => ({
    ...file,
    path: resolve(cwd, file.path),
  }));
  const warnings = [
    ...findings.warnings,
    ...adviceOn(values, isSet),
    ...exporterVariables(env, values),
    ...secretFileWarnings(secretFiles, inputs.statFile ?? statFile),
  ];
  return { config: toConfig(values), values, sources, warnings };
}

/** Reads a file that must be UTF-8, without its byte order mark. @throws the error of `fs`, or NotUtf8 */
function readTextFile(path: string): string {
  return decodeUtf8(readFileSync(path));
}

function statFile(path: string): ReturnType<StatFile> {
  // Windows has no such bits.
  if (process.platform === 'win32') return undefined;
  try {
    return statSync(path);
  } catch {
    // Missing or out of reach; who needs the file reports that.
    return undefined;
  }
}

/** Variables of OpenTelemetry's exporter that people set beside `tracing.*`, and that do not reach it. */
const EXPORTER_VARIABLE =
  /^OTEL_EXPORTER_OTLP_(TRACES_)?(HEADERS|COMPRESSION|TIMEOUT|CERTIFICATE|CLIENT_CERTIFICATE|CLIENT_KEY)$/;

function exporterVariables(env: Environment, values: Values): string[] {
  if (values['tracing.endpoint'] === undefined) return [];
  return Object.entries(env)
    .filter(([name, value]) => EXPORTER_VARIABLE.test(name) && value !== undefined && value !== '')
    .map(([name]) => `environment ${name} is not read: the keys tracing.… configure the exporter`);
}

const UNSET_SOURCES: ReadonlySet<string> = new Set(['default', 'derived']);

async function readYamlFile(
  flags: readonly ConfigFlag[],
  readFile: ReadFile,
  findings: Findings,
): Promise<void> {
  const [flag, ...others] = flags.filter(({ name }) => name === 'config');
  const report = (problem: string): void => {
    findings.problems.push({
      source: 'flag --config',
      problem,
      expected: 'the path of one YAML file',
    });
  };
  if (others.length > 0) report('is given twice');
  if (flag !== undefined && (flag.value === undefined || flag.value === '')) {
    report('has no value');
    return;
  }
  const path = flag?.value ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const problem = describeFileError(error);
    const missing = problem === 'does not exist';
    if (flag !== undefined) report(`names a file that ${problem}`);
    else if (!missing) findings.problems.push({ source: `file ${path}`, problem });
    return;
  }
  const candidates = await yamlCandidates(text, `file ${path}`, findings);
  readCandidates(findings, candidates, 'file', readFile);
}

interface Resolved {
  readonly values: Values;
  readonly sources: ReadonlyMap<Key, string>;
}

/** The strongest value of each key; unset keys get the default, or a value derived from the others. */
function resolveValues(findings: Findings, machine: Machine): Resolved {
  const values: Partial<Record<Key, unknown>> = {};
  const sources = new Map<Key, string>();
  const strongestFirst = [...RANKS].reverse();
  for (const key of keys) {
    const rank = strongestFirst.find((candidate) => findings.given[candidate].has(key));
    const given = rank === undefined ? undefined : findings.given[rank].get(key);
    const definition = definitionOf(key);
    values[key] = given === undefined ? definition.fallback : given.value;
    sources.set(key, given?.source ?? (definition.presence === 'derived' ? 'derived' : 'default'));
  }
  // Complete except for the derived keys, which the loop sets in the order of `derivations`.
  const complete = values as Values;
  for (const key of Object.keys(derivations) as DerivedKey[]) {
    if (sources.get(key) === 'derived') values[key] = derivations[key](complete, machine);
  }
  return { values: complete, sources };
}

function applyRules(findings: Findings, values: Values, sources: Resolved['sources']): void {
  for (const { keys: concerned, check } of rules) {
    if (concerned.some((key) => findings.invalidKeys.has(key))) continue;
    const violation = check(values);
    if (violation === undefined) continue;
    const source = describeSources(concerned, sources);
    findings.problems.push({ key: concerned[0], source, ...violation });
  }
}

/** The source of the first key, and of each other key that is set. */
function describeSources(concerned: readonly Key[], sources: Resolved['sources']): string {
  const [first, ...others] = concerned.map((key) => ({
    key,
    source: sources.get(key) ?? 'default',
  }));
  const set = others.filter(
    ({ key, source }) => !UNSET_SOURCES.has(source) && definitionOf(key).presence !== 'expanded',
  );
  return [first?.source, ...set.map(({ key, source }) => `${key} from ${source}`)].join('; ');
}

/** `UV_THREADPOOL_SIZE`, which libuv reads once at the start of the process; not a configuration key. */
export function threadPoolSize(env: Environment = process.env): string | undefined {
  return env.UV_THREADPOOL_SIZE;
}
