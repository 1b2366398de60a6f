import {isPair, isScalar, LineCounter, parseDocument, visit} from 'yaml';
import type {Maintenance, MaintenanceFile} from './maintenance.ts';

/** A value that a file or a container sets for the registry, and where. `at`: the number of the line, from 1. */
export type Setting = {file: string; at?: number; line: string; value: string};

/** How the registries of a host are configured. */
export type RegistrySettings = {
	/** `registry:2`, of a compose file, a quadlet or a container. */
	images: Setting[];
	/** `inmemory` or `redis`. */
	cache: Setting[];
	deletes: Setting[];
	/** Whether any configuration of a registry was found: without one, nothing is known of its cache. */
	known: boolean;
};

/** @see distribution docs, configuration.md: REGISTRY_ and the path of a key in capitals override the file */
const deletesKey = 'REGISTRY_STORAGE_DELETE_ENABLED';
const cacheKey = 'REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR';

export function settingsIn({files, running}: Pick<Maintenance, 'files' | 'running'>): RegistrySettings {
	const found: RegistrySettings = {images: [], cache: [], deletes: [], known: false};

	for (const file of files) {
		if (file.kind === 'compose') {
			takeCompose(file, found);
		} else if (file.kind === 'configuration') {
			takeConfiguration(file, found);
		} else if (file.kind === 'quadlet') {
			takeQuadlet(file, found);
		}
	}

	for (const {name, image, environment} of running) {
		const setting = (line: string, value: string): Setting => ({file: name, line, value});
		if (image !== undefined) {
			found.images.push(setting(`image: ${image}`, image));
		}

		for (const line of environment) {
			takeVariable(line, found, value => setting(line, value));
		}
	}

	// The image's own config.yml has an in-memory cache, which applies where no other configuration replaces it.
	// @see distribution cmd/registry/config-example.yml, which the official image is built with
	if (found.cache.length === 0 && !found.known && found.images[0] !== undefined) {
		found.cache.push({...found.images[0], value: 'inmemory'});
	}

	found.known ||= found.images.length > 0;
	return found;
}

function takeCompose(file: MaintenanceFile, found: RegistrySettings): void {
	const counter = new LineCounter();
	const document = parseDocument(file.text, {lineCounter: counter, logLevel: 'silent'});
	const lines = file.text.split('\n');
	const setting = (offset: number | undefined, value: string): Setting => {
		const at = counter.linePos(offset ?? 0).line;
		return {file: file.path, at, line: lines[at - 1]!.trim(), value};
	};

	visit(document, {
		Pair(_, {key, value}) {
			if (isScalar(key) && isScalar(value)) {
				const name = String(key.value);
				const said = withDefaults(String(value.value));
				if (name === 'image' && isRegistryImage(said)) {
					found.images.push(setting(key.range?.[0], said));
				}

				takeVariable(`${name}=${said}`, found, meant => setting(key.range?.[0], meant));
			}
		},
		Scalar(_, node, path) {
			if (!isPair(path.at(-1)) && typeof node.value === 'string') {
				takeVariable(withDefaults(node.value), found, value => setting(node.range?.[0], value));
			}
		},
	});
}

/** `${REGISTRY_TAG:-2}` is `2` unless the variable is set. */
function withDefaults(text: string): string {
	return text.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
}

function takeVariable(text: string, found: RegistrySettings, setting: (value: string) => Setting): void {
	const [, name, value = ''] = /^(REGISTRY_\w+)=(.*)$/.exec(text) ?? [];
	if (name === deletesKey && /^["']?(?:true|1)\b/i.test(value)) {
		found.deletes.push(setting(value));
	} else if (name === cacheKey) {
		found.cache.push(setting(value));
	}
}

function takeConfiguration({path, text}: MaintenanceFile, found: RegistrySettings): void {
	const counter = new LineCounter();
	const document = parseDocument(text, {lineCounter: counter, logLevel: 'silent'});
	const lines = text.split('\n');
	found.known = true;

	for (const [keys, into] of [
		[['storage', 'delete', 'enabled'], found.deletes],
		[['storage', 'cache', 'blobdescriptor'], found.cache],
		[['storage', 'cache', 'layerinfo'], found.cache],
	] as const) {
		const node: unknown = document.getIn(keys, true);
		if (isScalar(node) && node.value !== false && node.value !== null && node.value !== '') {
			const at = counter.linePos(node.range?.[0] ?? 0).line;
			into.push({file: path, at, line: lines[at - 1]!.trim(), value: String(node.value)});
		}
	}
}

function takeQuadlet({path, text}: MaintenanceFile, found: RegistrySettings): void {
	for (const [n, line] of text.split('\n').entries()) {
		const [, key, value = ''] = /^\s*(Image|Environment)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
		const setting = (said: string): Setting => ({file: path, at: n + 1, line: line.trim(), value: said});
		if (key === 'Image' && isRegistryImage(value)) {
			found.images.push(setting(value));
		} else if (key === 'Environment') {
			for (const each of value.split(/\s+/)) {
				takeVariable(each.replace(/^["']|["']$/g, ''), found, setting);
			}
		}
	}
}

/** Whether it is distribution's own image, also from a mirror. */
export function isRegistryImage(reference: string): boolean {
	return /^(?:[^\s/]+(?:\/[^\s/]+)*\/)?(?:registry|distribution\/distribution)(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?$/.test(
		reference,
	);
}
