import {roleOfChild} from '../../domain/image/child-role.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {type Descriptor, isForeign, type Manifest, platformName} from '../../domain/image/manifest.ts';
import type {Unchecked} from '../../domain/image/verdict.ts';
import type {Sharing} from './asking/sharing.ts';

/** What a manifest names and a pull needs, the same wherever the manifest itself is named. */
export type Need = {
	role: 'manifest' | 'config' | 'layer';
	digest: Digest;
	/** Bytes, as the descriptor says. */
	size: number;
	mediaType?: string;
	platform?: string;
};

/** A need, and the way to it in one image. */
export type Part = {
	need: Need;
	/** The manifests above it, outermost first. */
	via: Digest[];
	/** Of the child that it belongs to. */
	platform?: string;
};

/** A part after it is known what the registry says of it. */
export type Looked = {
	part: Part;
	status?: number;
	fault?: Fault;
	unchecked?: Unchecked;
	/** A cache does not have it, and need not. */
	isUncached?: true;
	/** It names nothing at all. */
	isEmptyIndex?: true;
	/** What it needs in its turn. */
	parts: Part[];
};

/** Each is looked at once in an image, however many manifests share it. A wrong size is a fault of its own. */
export function keyOf({need: {role, digest, size}}: Part): string {
	return `${role === 'manifest' ? 'm' : 'b'} ${digest} ${size}`;
}

/** Foreign layers live elsewhere; a `subject` may be missing. */
export function needsOf(manifest: Manifest, sharing: Sharing): Need[] {
	function need(role: Need['role'], descriptor: Descriptor): Need {
		const {digest, size, mediaType} = descriptor;
		const platform = role === 'manifest' ? platformName(descriptor) : undefined;
		return sharing.need({
			role,
			digest,
			size,
			...(mediaType === undefined ? {} : {mediaType: sharing.text(mediaType)}),
			...(platform === undefined ? {} : {platform: sharing.text(platform)}),
		});
	}

	if (manifest.kind === 'index') {
		return manifest.children.map(child => need(roleOfChild(child), child));
	}

	const layers = manifest.layers.filter(layer => !isForeign(layer)).map(layer => need('layer', layer));
	return manifest.config === undefined ? layers : [need('config', manifest.config), ...layers];
}

/** @param platform of the manifest that needs them */
export function partsOf(needs: readonly Need[], via: Digest[], platform: string | undefined): Part[] {
	return needs.map(need => {
		const own = need.platform ?? platform;
		return own === undefined ? {need, via} : {need, via, platform: own};
	});
}
