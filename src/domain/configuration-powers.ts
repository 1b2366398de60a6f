import type {Configuration} from './configuration.ts';

/**
 * What a configuration makes regmedic do beyond reading from a registry: run commands here or on a host, log in to it, use a
 * secret, write a file. Whoever writes such a file decides what the person who starts regmedic runs, so it is not used unseen.
 * @returns the keys, as paths
 */
export function powersOf({registries, woodpecker, sources = {}, images, usage}: Configuration): string[] {
	return [
		...Object.entries(registries).flatMap(([name, {credentials, clientCertificate, storage, inventory}]) => {
			const used = Object.entries({credentials, clientCertificate, inventory}).flatMap(([key, value]) =>
				value ? [key] : [],
			);
			const {ssh, sshConfig, volume, become, restart, redis, collect} = storage ?? {};
			const run = Object.entries({ssh, sshConfig, volume, become, restart, redis, collect}).flatMap(([key, value]) =>
				value ? [key] : [],
			);
			return [...used, ...run.map(key => `storage.${key}`)].map(key => `registries.${name}.${key}`);
		}),
		...Object.entries(sources).flatMap(([name, source]) =>
			['ssh', 'sshConfig', 'become', 'containerd'].filter(key => key in source).map(key => `sources.${name}.${key}`),
		),
		...(woodpecker === undefined ? [] : ['woodpecker']),
		...(usage === undefined || 'file' in usage ? [] : ['usage']),
		...Object.entries(images).flatMap(([name, {build, fallback}]) => [
			...(build === undefined ? [] : [`images.${name}.build`]),
			...(fallback === undefined ? [] : [`images.${name}.fallback`]),
		]),
	];
}

/** Files that a configuration names and that decide what runs (ProxyCommand): approved with it. */
export function commandFilesOf({registries, sources = {}}: Configuration): string[] {
	return [
		...Object.values(registries).flatMap(({storage}) => storage?.sshConfig ?? []),
		...Object.values(sources).flatMap(source => ('sshConfig' in source && source.sshConfig) || []),
	];
}
