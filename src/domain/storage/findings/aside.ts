import type {FaultKind} from '../../image/fault.ts';
import {blobData, currentLink, historyLink, layerLink, layersFolder, revisionLink} from '../listing/paths.ts';
import type {StorageGraph} from '../walk/graph.ts';
import type {Finding} from './finding.ts';

/** Faults of data that is there and bad. @see distribution v2.8.3 registry/storage/blobwriter.go, moveBlob */
const badData: readonly FaultKind[] = ['manifest-unreadable', 'blob-empty', 'blob-truncated', 'blob-corrupt'];

/**
 * What has to be moved aside before the remedy of a finding can work: data that no push replaces, and whatever is in the place
 * of a file that has to be written.
 */
export function asideOf(graph: StorageGraph, finding: Finding): NonNullable<Finding['aside']> {
	const {kind: fault, repository, digest, plan} = finding;
	const bad = [
		...(digest !== undefined && badData.includes(fault) && graph.listing.blobs.has(digest) ? [blobData(digest)] : []),
		...(plan?.parts ?? []).filter(({where}) => where === 'damaged').map(part => blobData(part.digest)),
	].filter(path => graph.obstacle(path) === undefined);
	const inTheWay = pathsToWrite(repository, finding).flatMap(path => graph.obstacle(path) ?? []);
	return [
		...[...new Set(bad)].map(path => ({path, is: 'damaged-data' as const})),
		...new Map(inTheWay.map(({path, kind}) => [path, {path, is: kind}])).values(),
	];
}

function pathsToWrite(repository: string, {digest, tags, plan, history = [], missing}: Finding): string[] {
	const parts = plan?.parts ?? [];
	const target = parts.findLast(({role}) => role === 'manifest')?.digest;
	return [
		...(digest === undefined
			? [...tags.map(tag => currentLink(repository, tag)), layersFolder(repository)]
			: [blobData(digest), revisionLink(repository, digest), layerLink(repository, digest)]),
		...missing.map(blobData),
		...parts.map(part => (part.role === 'manifest' ? revisionLink : layerLink)(repository, part.digest)),
		...(plan?.retag ?? []).flatMap(tag => (target === undefined ? [] : [historyLink(repository, tag, target)])),
		...history.map(({tag, digest: named}) => historyLink(repository, tag, named)),
	];
}
