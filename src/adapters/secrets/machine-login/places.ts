import {homedir} from 'node:os';
import path from 'node:path';

type Environment = Record<string, string | undefined>;

/** A file in which a client keeps logins. `legacy`: its keys stand at the top, without `auths`. */
export type LoginPlace = {file: string; form: 'auths' | 'legacy'};

/**
 * Where docker, podman, skopeo and buildah keep logins, in the order in which they are asked: files that a variable names come
 * first, because whoever set it meant them.
 * @param user the numeric id; undefined: the system has none
 * @see containers/image pkg/docker/config/config.go, getAuthFilePaths; docker/cli cli/config
 */
export function loginPlaces(environment: Environment, user: number | undefined): LoginPlace[] {
	const home = environment.HOME || homedir();
	const {REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME} = environment;
	const runtime = XDG_RUNTIME_DIR || (user === undefined ? undefined : `/run/containers/${user}`);
	const files = [
		REGISTRY_AUTH_FILE,
		DOCKER_CONFIG && path.join(DOCKER_CONFIG, 'config.json'),
		// Without XDG_RUNTIME_DIR, `containers` is part of the path above.
		runtime && path.join(runtime, ...(XDG_RUNTIME_DIR ? ['containers'] : []), 'auth.json'),
		path.join(XDG_CONFIG_HOME || path.join(home, '.config'), 'containers', 'auth.json'),
		DOCKER_CONFIG ? undefined : path.join(home, '.docker', 'config.json'),
	];
	return [
		...files.filter(file => file).map(file => ({file: file!, form: 'auths' as const})),
		{file: path.join(home, '.dockercfg'), form: 'legacy'},
	];
}
