import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import path from 'node:path';

/** Debian's docker-registry is distribution 2.8. distribution 3.1 has no package: `.ci/run` builds it. */
export type RegistryVersion = '2.8' | '3.1';

/** The version that tests start unless they name one. */
export const registryVersion: RegistryVersion = process.env.REGMEDIC_TEST_REGISTRY === '3.1' ? '3.1' : '2.8';

/** The path of distribution 3.1, `none` where it cannot be built; without it, `registry` of PATH if that is a 3.x. */
const given = process.env.REGMEDIC_REGISTRY_3;

/** The stand-in for `docker-registry` among the programs that a test needs. */
export const registry3 = 'registry 3.1';

/** Whether this machine is said to have no way to build distribution 3.1, so that its tests may be skipped. */
export const isWithoutRegistry3 = given === 'none';

/** The stand-in for a podman that can start containers, among the programs that a test needs: a sandbox may not allow it. */
export const containers = 'containers';

/** Whether this machine is said to start none (`.ci/run` tries), so that their tests may be skipped. */
export const isWithoutContainers = process.env.REGMEDIC_CONTAINERS === 'none';

/** @returns the path of a program, also of one that only root's PATH has */
export function locate(program: string): string | undefined {
	if (program === containers) {
		return isWithoutContainers ? undefined : locate('podman');
	}

	if (program === registry3) {
		return registryProgram('3.1');
	}

	const found = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/sbin command -v "$1"', 'sh', program], {
		encoding: 'utf8',
	});
	return found.status === 0 ? found.stdout.trim() : undefined;
}

/** crane of go-containerregistry, which `.ci/build-registry-3` builds beside distribution 3.1, or that of PATH. */
export function locateCrane(): string | undefined {
	const beside = path.join(path.dirname(given ?? ''), 'crane');
	return given !== undefined && existsSync(beside) ? beside : locate('crane');
}

/** @returns undefined where it is not installed */
export function registryProgram(version: RegistryVersion): string | undefined {
	if (version === '2.8') {
		return locate('docker-registry');
	}

	const program = isWithoutRegistry3 ? undefined : locate(given ?? 'registry');
	const said = program && spawnSync(program, ['--version'], {encoding: 'utf8'}).stdout;
	return said?.includes('distribution/v3') ? program : undefined;
}
