import type {Digest} from './digest.ts';

/** Every way in which an image can be damaged. @see the README, "Faults" */
export const faultKinds = [
	'tag-dangling',
	'child-unlinked',
	'child-swept',
	'child-missing',
	'manifest-unreadable',
	'type-mismatch',
	'config-missing',
	'config-unreadable',
	'diffid-mismatch',
	'layer-missing',
	'layer-unlinked',
	'blob-empty',
	'blob-truncated',
	'blob-corrupt',
	'layer-unreadable',
	'size-wrong',
	'part-unserved',
	'platform-missing',
	'link-malformed',
	'answers-differ',
	'repository-vanished',
	'tag-set-back',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** The width of a column of kinds. */
export function widestFaultKind(): number {
	return Math.max(...faultKinds.map(kind => kind.length));
}

/** One thing wrong with one digest or link, as seen over HTTP. */
export type Fault = {
	kind: FaultKind;
	/** Absent where a tag resolves to nothing. */
	digest?: Digest;
	/** The manifests on the way from the tag to it, outermost first. */
	via: Digest[];
	/** `linux/amd64`, `attestation`: of the child it belongs to. */
	platform?: string;
	/** The HTTP status that showed it. */
	status?: number;
	/** What the registry returned or the check found, in a few words. */
	detail: string;
};

/** What a fault means for someone who pulls. */
export const faultMeanings: Record<FaultKind, string> = {
	'tag-dangling': 'the tag is listed, but the registry does not serve its manifest',
	'child-unlinked': 'the manifest is on disk, but this repository has no link to it',
	'child-swept': 'the manifest is on disk, but its config or layers were garbage-collected',
	'child-missing': 'the index names a manifest that the registry does not have',
	'manifest-unreadable': 'the manifest is empty, damaged or does not match its digest',
	'type-mismatch': 'the manifest is whole, and not what the index above it says: containerd does not find it',
	'config-missing': 'the image config is gone',
	'config-unreadable': 'the image config is whole, and no client can read it',
	'diffid-mismatch': 'the image config does not describe the layers of its manifest: no client unpacks them',
	'layer-missing': 'a layer is gone',
	'layer-unlinked': 'the data is on disk, but this repository has no link to it',
	'blob-empty': 'the data is empty',
	'blob-truncated': 'the data is not as long as the manifest says',
	'blob-corrupt': 'the data does not match its digest',
	'layer-unreadable': 'the layer is whole, and cannot be unpacked',
	'size-wrong': 'the data is whole, but the manifest above it states another size: containerd refuses it',
	'part-unserved': 'the registry fails for this part alone, each time, and the disk has not said why',
	'platform-missing': 'the image has nothing for a platform that was asked for',
	'link-malformed': 'a link is no file, or does not hold a digest',
	'answers-differ': 'the registry answers from its cache, and the disk differs',
	'repository-vanished': 'the image is on disk, and its repository is gone',
	'tag-set-back': 'the tag names an older image than it did: it can be pulled, and is not the newest',
};
