import {isDigest} from '../../image/digest.ts';
import {mediaTypes} from '../../image/media-type.ts';
import type {CollectionStop} from '../listing/collection-stop.ts';
import {mayBeWhole} from '../listing/links.ts';
import type {Link, RepositoryListing} from '../listing/listing.ts';
import {currentLink, layersFolder, parentFolder, revisionLink, tagFolder} from '../listing/paths.ts';
import type {StorageGraph} from './graph.ts';

/**
 * Every place at which a garbage collection ends with an error: entries that no registry writes, and damaged links, as seen on
 * 2.8.2; and what only registry 3 stops at.
 * @see distribution v2.8.3 registry/storage/garbagecollect.go, MarkAndSweep: for each manifest of a repository whose data is
 * there, `-m` reads the links of all tags
 */
export function collectionStops(graph: StorageGraph): CollectionStop[] {
	const {listing} = graph;
	const stops: CollectionStop[] = [];
	for (const [name, repository] of listing.repositories) {
		// A collection of 2.8 does not see a repository without the folder _layers.
		if (graph.hasLostLayers(name)) {
			stops.push(...(repository.revisions.size > 0 ? [onlyOn3(layersFolder(name))] : []));
		} else {
			stops.push(...stopsAtRevisions(name, repository), ...stopsAtSchema1(graph, name, repository));
			stops.push(...(readsTags(graph, repository) ? stopsAtTags(graph, name, repository) : []));
		}
	}

	const isRead = ({path, collection}: CollectionStop) => {
		const [, name = ''] = /^repositories\/(.+)\/_manifests\//.exec(path) ?? [];
		const repository = listing.repositories.get(name);
		return collection === 'every' || (repository !== undefined && readsTags(graph, repository));
	};
	const ofLinks = new Set(stops.map(({path}) => path));
	return [...stops, ...(listing.strayStops ?? []).filter(stop => isRead(stop) && !ofLinks.has(stop.path))];
}

/**
 * @see distribution v3.1.1 registry/storage/garbagecollect.go:126, "Path not found: …/_layers"; manifeststore.go:131,
 * "unrecognized manifest schema version 1". Both seen, with exit 1
 */
function onlyOn3(path: string): CollectionStop {
	return {path, collection: 'every', removed: 'nothing', first: 'repair', registry: 3};
}

function stopsAtSchema1(graph: StorageGraph, name: string, {revisions}: RepositoryListing): CollectionStop[] {
	return [...revisions.keys()]
		.filter(digest => {
			const body = graph.manifest(digest);
			return body?.ok === true && body.manifest.mediaType === mediaTypes.dockerSchema1;
		})
		.map(digest => onlyOn3(revisionLink(name, digest)));
}

function readsTags({listing}: StorageGraph, {revisions}: RepositoryListing): boolean {
	return [...revisions.keys()].some(digest => listing.blobs.has(digest));
}

function stopsAtRevisions(name: string, {revisions}: RepositoryListing): CollectionStop[] {
	const damaged = [...revisions].filter(([, link]) => isMalformed(link)).map(([digest]) => revisionLink(name, digest));
	return damaged.map(path => ({path, collection: 'every', removed: 'nothing', first: 'repair'}));
}

function stopsAtTags(graph: StorageGraph, name: string, {tags}: RepositoryListing): CollectionStop[] {
	const folder = parentFolder(tagFolder(name, 'any'));
	const {folders} = graph.listing;
	const isGone = tags.size === 0 && folders?.has(folder) === false && graph.absent(folder) === 'gone';
	const damaged = [...tags].flatMap(([tag, {link}]) => {
		const path = currentLink(name, tag);
		const obstacle = graph.obstacle(path);
		const isStopped = obstacle === undefined ? link !== undefined && isMalformed(link) : obstacle.kind !== 'nothing';
		return isStopped ? [obstacle?.path ?? path] : [];
	});
	return [...(isGone ? [folder] : []), ...damaged].map(path => ({
		path,
		collection: 'with -m',
		removed: 'nothing',
		first: 'repair',
	}));
}

/** A link that holds another digest than it should is read without an error. */
function isMalformed(link: Link): boolean {
	return link.content === undefined ? !mayBeWhole(link) : link.size !== link.content.length || !isDigest(link.content);
}
