import {parse} from 'yaml';
import {parentFolder} from './paths.ts';

/** A file that may say what a store is for. The path is the host's, whole. */
export type ConfigFile = {path: string; text: string};

/** What a file says of a store: that it is a cache, or that it is none. */
export type Said = {isCache: boolean; file: string};

type Mapping = Record<string, unknown>;

/** Where a registry looks for its configuration in a container. */
const configInContainer = /^\/etc\/(?:docker\/registry|distribution)\/config\.ya?ml$/;

/**
 * What the configuration that belongs to a store says of it: the one that names its folder, the one that a compose file
 * mounts beside it, or the only one that lies next to it.
 * @param root the store's folder
 * @param neighbours folders of the other stores
 */
export function saidOf(root: string, files: readonly ConfigFile[], neighbours: readonly string[]): Said | undefined {
	const documents = files.map(({path: file, text}) => ({file, content: parsed(text)}));

	for (const {file, content} of documents) {
		if (at(content, 'storage', 'filesystem', 'rootdirectory') === root) {
			return {isCache: isProxy(content), file};
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
				return isKnown
					? {isCache: Boolean(remote) || isProxy(mounted?.content), file: mounted?.file ?? file}
					: undefined;
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
	return beside.length === 1 ? {isCache: isProxy(beside[0]!.content), file: beside[0]!.file} : undefined;
}

function isProxy(config: unknown): boolean {
	return Boolean(at(config, 'proxy', 'remoteurl'));
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

/** As compose reads it: relative to the folder the compose file is in. */
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
