import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Debian's packages run this program before they start a service; exit code 101 forbids the start. */
const policyPath = '/usr/sbin/policy-rc.d';
const marker = '# made by setup-servers, may be removed';

/**
 * Runs an installation with apt and prevents the packages from starting their services. Returns notes
 * about services for the user.
 *
 * The policy file is removed afterwards. One that a killed run left behind forbids starts only while
 * the process of that run exists. A policy file of the machine itself is not touched.
 */
export async function withoutStartingServices(privilege, services, work) {
  const foreign = existsSync(policyPath) && !readFileSync(policyPath, 'utf8').includes(marker);
  const asRoot = (script, input) => {
    const [program, ...args] = [...privilege, 'sh', '-c', script];
    return spawnSync(program, args, { input, encoding: 'utf8' }).status === 0;
  };
  const policy = `#!/bin/sh\n${marker}\n[ -d /proc/${process.pid} ] && exit 101\nexit 0\n`;
  const placed = !foreign && asRoot(`cat > ${policyPath} && chmod 755 ${policyPath}`, policy);
  try {
    await work();
  } finally {
    if (placed) asRoot(`rm -f ${policyPath}`);
  }
  return notes(services, { foreign, placed });
}

function notes(services, { foreign, placed }) {
  const all = [];
  if (foreign) all.push(`${policyPath} of this machine decided whether packages started services`);
  else if (!placed) all.push('the packages may have started their services');
  if (services.includes('postgresql')) {
    all.push('the package created an empty cluster under /var/lib/postgresql, which no test uses');
  }
  if (!existsSync('/run/systemd/system')) return all;
  const active = services.filter(
    (service) => spawnSync('systemctl', ['is-active', '--quiet', service]).status === 0,
  );
  if (active.length > 0) all.push(`running as services now: ${active.join(', ')}`);
  all.push(
    `they start at the next boot, unless you run: systemctl disable --now ${services.join(' ')}`,
  );
  return all;
}
