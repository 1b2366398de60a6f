import type {Digest} from '../../../domain/image/digest.ts';
import type {Need} from '../needs.ts';

/** One of what is equal, for facts that are kept: all tags of a repository name the same layers and media types. */
export type Sharing = {
	text<Text extends string>(text: Text): Text;
	need(need: Need): Need;
};

/** For a fact that nobody keeps. */
export const unshared: Sharing = {text: text => text, need: need => need};

export function createSharing(): Sharing {
	/** Few: media types and platforms. Digests are shared with what names them. */
	const texts = new Map<string, string>();
	const needs = new Map<Digest, Need>();

	function text<Text extends string>(one: Text): Text {
		const known = texts.get(one);
		if (known === undefined) {
			texts.set(one, one);
		}

		return (known as Text | undefined) ?? one;
	}

	return {
		text,
		need(one) {
			const known = needs.get(one.digest);
			if (known === undefined) {
				needs.set(one.digest, one);
				return one;
			}

			return isSame(known, one) ? known : {...one, digest: known.digest};
		},
	};
}

function isSame(one: Need, other: Need): boolean {
	return (
		one.size === other.size &&
		one.role === other.role &&
		one.mediaType === other.mediaType &&
		one.platform === other.platform
	);
}
