import {type Digest, shortDigest} from '../image/digest.ts';
import type {FaultKind} from '../image/fault.ts';
import {mediaTypes} from '../image/media-type.ts';

/** An image that is deleted by its digest, and every tag that names it with it. `attached`: tags of its signatures, which stay. */
type RemoveImage = {
	kind: 'remove-image';
	repository: string;
	digest: Digest;
	tags: string[];
	attached: string[];
};

/** A tag that leads to no manifest. `named`: the digest that it names, as far as it is known. */
type RemoveTag = {kind: 'remove-tag'; repository: string; tag: string; named?: Digest};

export type Removal = RemoveImage | RemoveTag;

/** @see distribution docs/configuration.md, "delete": off by default */
export const howToAllowDeletes =
	'Add storage.delete.enabled: true to its configuration, or REGISTRY_STORAGE_DELETE_ENABLED=true, restart it, and plan again.';

export function isRemoval<Change extends {kind: string}>(change: Change): change is Extract<Change, Removal> {
	return change.kind === 'remove-image' || change.kind === 'remove-tag';
}

export function tagsOf(removal: Removal): string[] {
	return removal.kind === 'remove-tag' ? [removal.tag] : removal.tags;
}

/** What is gone after it: a digest, and tags. */
export function namesOf(removal: Removal): string[] {
	return removal.kind === 'remove-tag' ? [removal.tag] : [removal.digest, ...removal.tags];
}

/** With these, `regmedic restore` stores nothing as long as no source holds the part, or bad data is in its place. */
const notRestored: readonly FaultKind[] = [
	'blob-empty',
	'blob-truncated',
	'child-missing',
	'config-missing',
	'layer-missing',
];
/** These it does not see before it has stored the manifests: only a read of every byte does. */
const restoredDamaged: readonly FaultKind[] = ['blob-corrupt', 'layer-unreadable', 'diffid-mismatch'];

/**
 * How the removal of an image is undone: an image that was damaged is not whole because it is stored again.
 * @param until when its blobs stay: `until the next collection, 2026-04-19 03:25 UTC`
 * @see test/real/remove.test.ts
 */
export function sayRestore(digest: Digest, findings: readonly FaultKind[], until: string): string {
	const command = `regmedic restore INCIDENT ${digest}`;
	const inTheWay = findings.filter(kind => notRestored.includes(kind));
	if (inTheWay.length > 0) {
		return `${command} stores nothing while a part of the image is gone or bad (${inTheWay.join(', ')}); its manifests stay in the journal, and its other blobs ${until}.`;
	}

	const again = findings.filter(kind => restoredDamaged.includes(kind));
	const damaged = again.length === 0 ? '' : ` The image is then as damaged as now (${again.join(', ')}).`;
	return `${command} stores its manifests again while the blobs are there: ${until}.${damaged}`;
}

/**
 * What a tag is set to, only to be deleted by its digest together with the tag: a registry deletes no tag whose manifest is gone. An index
 * without children needs nothing stored before it. Its digest is its own: deleting it takes no other tag along.
 * @param unique of one attempt and one tag
 * @see test/real/remove.test.ts: distribution 2.8 and 3.1 store it
 */
export function markerFor(unique: string): {bytes: Uint8Array; mediaType: string} {
	const annotations = {'org.regmedic.marker': unique};
	const marker = {schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], annotations};
	return {bytes: new TextEncoder().encode(JSON.stringify(marker)), mediaType: mediaTypes.ociIndex};
}

/**
 * Tags that belong to an image by their name: its signatures, attestations and referrers.
 * @see sigstore/cosign, `sha256-HEX.sig`; OCI distribution-spec, "Referrers Tag Schema": `sha256-HEX`
 */
export function isAttachedTo(tag: string, digest: Digest): boolean {
	const name = digest.replace(':', '-');
	return tag === name || tag.startsWith(`${name}.`);
}

export function sayRemoval(removal: Removal): string[] {
	if (removal.kind === 'remove-tag') {
		const {repository, tag, named} = removal;
		return [
			`deletes the tag ${tag} of ${repository}, which ${named === undefined ? 'names no manifest' : `names ${shortDigest(named)}, which is gone`}: it is set to an empty index, which is deleted with it`,
		];
	}

	const {repository, digest, tags, attached} = removal;
	return [
		`DELETE /v2/${repository}/manifests/${digest}: the image goes, and ${sayTags(tags)}`,
		...(attached.length === 0 ? [] : [`stays without it: ${attached.join(', ')}`]),
	];
}

export function sayTags(tags: readonly string[]): string {
	return tags.length === 0 ? 'no tag names it' : `with it the ${tags.length === 1 ? 'tag' : 'tags'} ${tags.join(', ')}`;
}
