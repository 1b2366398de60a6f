import {createLayoutSource} from '../adapters/sources/layout-source.ts';
import {createNodeSource} from '../adapters/sources/node-source.ts';
import {createRegistrySource} from '../adapters/sources/registry-source.ts';
import {createStoreSource} from '../adapters/sources/store-source.ts';
import {blockBytes, blocksOfPiece, streamPieces} from '../adapters/storage/blobs/stream-pieces.ts';
import {type SourceConfiguration, sourcesOf} from '../domain/configuration.ts';
import type {Source} from '../engine/ports/source.ts';
import {openShell, openStorage} from './host.ts';
import {openRegistryAt} from './registry.ts';
import type {Setup} from './setup.ts';

/** The sources of a configured registry, in its order. None of them is contacted yet. */
export function openSources(registry: string | undefined, setup: Setup, onRequest?: (line: string) => void): Source[] {
	return sourcesOf(setup.configuration, registry).map(({name, source}) => openSource(name, source, setup, onRequest));
}

/** @throws OperatorError registry.ca-unreadable | registry.client-certificate | storage.root */
export function openSource(
	name: string,
	source: SourceConfiguration,
	setup: Setup,
	onRequest?: (line: string) => void,
): Source {
	if ('url' in source) {
		const {url} = source;
		return createRegistrySource({name, url, registry: openRegistryAt(url, `source ${name}`, setup, onRequest)});
	}

	if ('path' in source) {
		return createLayoutSource({name, place: source.path});
	}

	const shell = openShell(source, setup);
	return 'containerd' in source
		? createNodeSource({
				name,
				namespace: source.containerd,
				shell,
				streamPieces,
				pieceSize: {blockBytes, blocksOfPiece},
			})
		: createStoreSource({
				name,
				root: source.root,
				shell,
				storage: openStorage(source, setup, {host: shell, store: shell, root: async () => source.root}),
			});
}
