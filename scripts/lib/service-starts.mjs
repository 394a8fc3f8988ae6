import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Debian's packages ask this program before they start a service; 101 means "do not". */
const policyPath = '/usr/sbin/policy-rc.d';
const marker = '# made by setup-servers, may be removed';

/**
 * Runs an installation by apt while the packages are kept from starting their services, and returns
 * what the reader has to know about services afterwards.
 *
 * Nothing of it stays: the policy file is removed again, and one that a killed run left behind only
 * answers "no" while that run's process lives. A policy file of the machine's own is left alone.
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
    all.push('the package made an empty cluster under /var/lib/postgresql, which no test uses');
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
