import {isMap, isScalar, parseDocument} from 'yaml';
import type {RegistryConfigurationFile} from './configuration-file.ts';
import type {RegistryOnHost, Setting} from './registry-on-host.ts';

export const cacheKinds = ['inmemory', 'redis', 'none', 'unknown'] as const;

export type CacheKind = (typeof cacheKinds)[number];

/**
 * Where a registry remembers which blobs it has. `inmemory` is empty after a restart; `redis` is not. `source`: what says so.
 * `unknown`: `why` tells what could not be read.
 */
export type DescriptorCache =
	| {kind: 'inmemory' | 'redis'; source: Setting}
	| {kind: 'none'}
	| {kind: 'unknown'; why: string};

/** The configuration of a registry's image, which applies where no file of the host replaces it. */
export type Configuration = RegistryConfigurationFile | 'of the image' | {unread: string};

/**
 * The cache that a registry takes from its configuration and its variables.
 * @see distribution v2.8.3 registry/handlers/app.go: `layerinfo` counts only where there is no key `blobdescriptor`, and every
 * value but `inmemory` and `redis`, exactly so, disables the cache; configuration/parser.go: a variable replaces what it
 * names, also by nothing, and its value is read as YAML
 */
export function descriptorCacheOf(
	{image, variables}: Pick<RegistryOnHost, 'image' | 'variables'>,
	configuration: Configuration,
): DescriptorCache {
	const keys = new Map<string, Setting>();
	let unread: string | undefined;
	if (configuration === 'of the image') {
		// @see distribution cmd/registry/config-example.yml, which the official images are built with
		keys.set('blobdescriptor', {...(image ?? {file: 'its image', line: ''}), value: 'inmemory'});
	} else if ('unread' in configuration) {
		unread = configuration.unread;
	} else {
		configuration.cache?.forEach((setting, key) => void keys.set(key, setting));
	}

	// The registry sorts the variables, so that the longer ones come last.
	for (const [name, setting] of [...variables].sort(([one], [other]) => (one < other ? -1 : 1))) {
		const [, section, key] = /^REGISTRY_STORAGE(?:_(CACHE)(?:_(\w+))?)?$/.exec(name) ?? [];
		if (key !== undefined) {
			keys.set(key.toLowerCase(), setting);
		} else if (section !== undefined || name === 'REGISTRY_STORAGE') {
			keys.clear();
			unread = undefined;
			for (const [word, value] of cacheKeysIn(setting.value, section === undefined ? ['cache'] : [])) {
				keys.set(word, {...setting, value});
			}
		}
	}

	const source = keys.get('blobdescriptor') ?? (unread === undefined ? keys.get('layerinfo') : undefined);
	if (source === undefined) {
		return unread === undefined ? {kind: 'none'} : {kind: 'unknown', why: unread};
	}

	const value = scalarIn(source.value);
	if (value.includes('$')) {
		return {kind: 'unknown', why: `${source.file}: the value of "${source.line}" is set elsewhere`};
	}

	return value === 'inmemory' || value === 'redis' ? {kind: value, source: {...source, value}} : {kind: 'none'};
}

function cacheKeysIn(text: string, path: readonly string[]): [string, string][] {
	const node: unknown = parseDocument(text, {logLevel: 'silent'}).getIn(path, true);
	return isMap(node)
		? node.items.flatMap(({key, value}): [string, string][] =>
				isScalar(key) ? [[String(key.value), isScalar(value) ? String(value.value ?? '') : '']] : [],
			)
		: [];
}

/** The value of a variable is YAML: quotes and spaces around it do not count. */
function scalarIn(text: string): string {
	const {contents} = parseDocument(text, {logLevel: 'silent'});
	return isScalar(contents) && typeof contents.value === 'string' ? contents.value : '';
}
