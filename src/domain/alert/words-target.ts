import {type Configuration, imageFor, registryAt} from '../configuration.ts';
import type {ImageReference} from '../image/reference.ts';
import {type AlertTarget, sayTarget} from './target.ts';
import type {BareName, Words} from './words.ts';

/**
 * What a text is about, each once. A child that is named by its digest is left out where its image is named; a name without a host
 * is looked for among the configured registries; a registry counts where no image is named.
 */
export function targetsOfWords({references, bare, hosts}: Words, configuration: Configuration): AlertTarget[] {
	const guessed = bare.flatMap(name =>
		references.some(({repository}) => repository === name.repository)
			? []
			: hostsFor(name.repository, hosts, configuration).map(host => imageOf(host, name)),
	);
	const all = [...references, ...guessed].map(image => known(image, configuration));
	const images = all.filter(({image}) => image.tag !== undefined || !all.some(each => isTagOf(each.image, image)));
	const targets: AlertTarget[] =
		images.length > 0
			? images.map(({image, registry}) => ({kind: 'image', image, registry}))
			: hosts.flatMap(host => {
					const registry = registryAt(host, configuration)?.name;
					return registry === undefined ? [] : [{kind: 'registry', registry}];
				});
	return [...new Map(targets.map(target => [sayTarget(target), target])).values()];
}

function imageOf(host: string, {repository, tag, digest}: BareName): ImageReference {
	return digest === undefined ? {host, repository, tag: tag ?? 'latest'} : {host, repository, digest};
}

function isTagOf(one: ImageReference, {host, repository}: ImageReference): boolean {
	return one.tag !== undefined && one.host === host && one.repository === repository;
}

/** By its configured address, where it was named by another one. */
function known(image: ImageReference, configuration: Configuration) {
	const registry = registryAt(image.host, configuration);
	return {image: {...image, host: registry?.host ?? image.host}, registry: registry?.name};
}

/** The registry of the configured image, else the one that the text names, else all of them. */
function hostsFor(repository: string, named: readonly string[], configuration: Configuration): string[] {
	const all = Object.entries(configuration.registries).map(([name, {url}]) => ({name, host: new URL(url).host}));
	const owner = all.find(({name}) => imageFor(configuration, {repository}, name) !== undefined);
	const [only, ...others] = new Set(named.flatMap(each => registryAt(each, configuration)?.host ?? []));
	return owner ? [owner.host] : only !== undefined && others.length === 0 ? [only] : all.map(({host}) => host);
}
