import {parse} from 'yaml';
import type {RegistryRole} from '../../image/verdict.ts';
import {parentFolder} from './paths.ts';

/** A file that may tell the role of a store. `path` is absolute on the host. */
export type ConfigFile = {path: string; text: string};

/** The role of a store, and the file that tells it. */
type ConfiguredRole = {role: RegistryRole; file: string};

type Mapping = Record<string, unknown>;

/** Where a registry in a container has its configuration. */
const configInContainer = /^\/etc\/(?:docker\/registry|distribution)\/config\.ya?ml$/;

/**
 * The role of a store by the configuration that belongs to it: the one that names its folder, the one that a compose file
 * mounts together with it, or the only one next to it.
 * @param root the store's folder
 * @param neighbours folders of the other stores
 */
export function configuredRoleOf(
	root: string,
	files: readonly ConfigFile[],
	neighbours: readonly string[],
): ConfiguredRole | undefined {
	const documents = files.map(({path: file, text}) => ({file, content: parsed(text)}));

	for (const {file, content} of documents) {
		if (at(content, 'storage', 'filesystem', 'rootdirectory') === root) {
			return {role: roleIn(content), file};
		}
	}

	for (const {file, content} of documents) {
		for (const service of Object.values(mapping(mapping(content).services))) {
			const mounts = mountsOf(service, parentFolder(file));
			if (mounts.some(({from}) => from === root)) {
				const config = mounts.find(({to}) => configInContainer.test(to))?.from;
				const mounted = documents.find(document => document.file === config);
				const remote = environmentOf(service).REGISTRY_PROXY_REMOTEURL;
				const isKnown = remote !== undefined || config === undefined || mounted !== undefined;
				return isKnown ? {role: remote ? 'cache' : roleIn(mounted?.content), file: mounted?.file ?? file} : undefined;
			}
		}
	}

	const parent = parentFolder(root);
	const isAlone = neighbours.every(other => parentFolder(other) !== parent);
	const beside = documents.filter(
		({file, content}) =>
			at(content, 'storage') !== undefined &&
			(parentFolder(file) === root ||
				(parentFolder(file) === parent && (isAlone || nameOf(file).split(/[-_.]/).includes(nameOf(root))))),
	);
	return beside.length === 1 ? {role: roleIn(beside[0]!.content), file: beside[0]!.file} : undefined;
}

function roleIn(config: unknown): RegistryRole {
	return at(config, 'proxy', 'remoteurl') ? 'cache' : 'authoritative';
}

/** `host:container[:mode]`, or the long form. @see compose-spec, volumes */
function mountsOf(service: unknown, folder: string): {from: string; to: string}[] {
	const volumes = mapping(service).volumes;
	return (Array.isArray(volumes) ? volumes : []).flatMap(volume => {
		const [from, to] =
			typeof volume === 'string' ? volume.split(':') : [mapping(volume).source, mapping(volume).target];
		return typeof from === 'string' && typeof to === 'string' ? [{from: resolved(folder, from), to}] : [];
	});
}

function environmentOf(service: unknown): Mapping {
	const {environment} = mapping(service);
	return Array.isArray(environment)
		? Object.fromEntries(environment.map(line => [String(line).split('=')[0], String(line).split('=')[1]]))
		: mapping(environment);
}

function nameOf(file: string): string {
	return file.slice(file.lastIndexOf('/') + 1);
}

/** Compose resolves paths relative to the folder of its file. */
function resolved(folder: string, file: string): string {
	const parts: string[] = [];
	for (const part of (file.startsWith('/') ? file : `${folder}/${file}`).split('/')) {
		if (part === '..') {
			parts.pop();
		} else if (part !== '' && part !== '.') {
			parts.push(part);
		}
	}

	return `/${parts.join('/')}`;
}

function at(value: unknown, ...keys: string[]): unknown {
	return keys.reduce<unknown>((inner, key) => mapping(inner)[key], value);
}

function mapping(value: unknown): Mapping {
	return typeof value === 'object' && value !== null ? (value as Mapping) : {};
}

function parsed(text: string): unknown {
	try {
		return parse(text, {maxAliasCount: 20, logLevel: 'silent'});
	} catch {
		return undefined;
	}
}
