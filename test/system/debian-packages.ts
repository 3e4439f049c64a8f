// Real servers from Debian's archive. What cannot be had is a failure, never a skip. Needs root where something is missing.
//
// Nothing that comes along is started or stays enabled: tests run the programs themselves, with folders of their own.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const POLICY_FILE = '/usr/sbin/policy-rc.d';
/** Denies the start of services, as invoke-rc.d asks it. */
const POLICY = '#!/bin/sh\nexit 101\n';
const APT_TIMEOUT_MS = 300_000;

let isIndexFresh = false;

/** A package, and the services that its installation would enable. */
export interface DebianPackage {
  readonly name: string;
  readonly services: readonly string[];
}

export const COLLECTD: DebianPackage = { name: 'collectd-core', services: ['collectd'] };
export const CARBON: DebianPackage = { name: 'graphite-carbon', services: ['carbon-cache'] };
export const CARBON_C_RELAY: DebianPackage = { name: 'carbon-c-relay', services: ['carbon-c-relay'] };

export const PROMETHEUS: DebianPackage = { name: 'prometheus', services: ['prometheus'] };

/** Installs those packages that are missing; throws when one cannot be had. */
export function ensurePackages(...packages: readonly DebianPackage[]): void {
  const missing = packages.filter(({ name }) => !isInstalled(name));
  if (missing.length === 0) return;
  const ownPolicy = !existsSync(POLICY_FILE);
  if (ownPolicy) writeFileSync(POLICY_FILE, POLICY, { mode: 0o755 });
  try {
    if (!isIndexFresh) apt('update');
    isIndexFresh = true;
    apt('install', '-y', '--no-install-recommends', ...missing.map(({ name }) => name));
  } finally {
    if (ownPolicy) rmSync(POLICY_FILE);
  }
  for (const service of missing.flatMap(({ services }) => services)) {
    spawnSync('update-rc.d', [service, 'disable'], { stdio: 'ignore' });
  }
}

function isInstalled(name: string): boolean {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' });
  return status === 0 && stdout.includes('ok installed');
}

function apt(...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(
    'apt-get',
    ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args],
    {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
      timeout: APT_TIMEOUT_MS,
    },
  );
  if (status !== 0) {
    throw new Error(`apt-get ${args.join(' ')} failed (${status ?? error?.message}):\n${stdout}\n${stderr}`);
  }
}
