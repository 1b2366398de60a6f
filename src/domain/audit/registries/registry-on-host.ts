/** A value that a file or a container sets for a registry, and where. `at`: the number of the line, from 1. */
export type Setting = {file: string; at?: number; line: string; value: string};

/** A folder or file of the host, and where the registry in the container sees it. */
export type Mount = {host: string; inside: string};

/** A registry that the host runs, or that one of its files can start. */
export type RegistryOnHost = {
	/** What commands call it: its service, its container. */
	names: readonly string[];
	/** Of its container; undefined: a program of the host. */
	image?: Setting;
	/** `REGISTRY_…`, by name. They override the configuration file. */
	variables: ReadonlyMap<string, Setting>;
	/** Its configuration file, as the registry sees the path; undefined: where its image has it. */
	configuration?: string;
	mounts: readonly Mount[];
	isRunning: boolean;
	/** When it was started, in seconds since 1970. */
	started?: number;
};

/** Where the official images have their configuration: 2.x, 3.x. */
export const imageConfigurations = ['/etc/docker/registry/config.yml', '/etc/distribution/config.yml'] as const;

/** The path on the host of what a registry sees at this path; undefined: it is inside the container's image. */
export function hostPath({image, mounts}: RegistryOnHost, inside: string): string | undefined {
	if (image === undefined && mounts.length === 0) {
		return resolvePath('/', inside);
	}

	const path = resolvePath('/', inside);
	const [nearest] = mounts
		.filter(mount => path === mount.inside || path.startsWith(`${mount.inside}/`))
		.sort((one, other) => other.inside.length - one.inside.length);
	return nearest && `${nearest.host}${path.slice(nearest.inside.length)}`;
}

/** A path without `.`, `..` and a slash at its end. */
export function resolvePath(folder: string, path: string): string {
	const parts: string[] = [];
	for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).split('/')) {
		if (part === '..') {
			parts.pop();
		} else if (part !== '' && part !== '.') {
			parts.push(part);
		}
	}

	return `/${parts.join('/')}`;
}

/**
 * `./data:/var/lib/registry:ro`. The host's side of a named volume keeps its name, without a slash.
 * @see compose-spec, volumes
 */
export function mountIn(text: string, folder: string): Mount[] {
	const [source = '', target = ''] = text.split(':');
	if (!target.startsWith('/')) {
		return [];
	}

	const isPath = /^[./~]/.test(source);
	return [{host: isPath ? resolvePath(folder, source) : source, inside: resolvePath('/', target)}];
}

const configurationFile = /\.(?:ya?ml|json)$/;

/** The configuration that a registry's command names: `serve /c.yml`, `registry serve /c.yml`, `/c.yml`. */
export function configurationIn(words: readonly string[]): string | undefined {
	return words.find(word => word.startsWith('/') && configurationFile.test(word));
}

/** Whether it is distribution's own image, also from a mirror. */
export function isRegistryImage(reference: string): boolean {
	return /^(?:[^\s/]+(?:\/[^\s/]+)*\/)?(?:registry|distribution\/distribution)(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?$/.test(
		reference,
	);
}

/** `${REGISTRY_TAG:-2}` is `2` unless the variable is set. */
export function withDefaults(text: string): string {
	return text.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
}
