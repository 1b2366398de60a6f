import type {Digest} from '../image/digest.ts';
import type {Usage, Use, UseState} from './usage.ts';

/** One workload that needs an image, or runs it. */
export type UsedBy = {
	kind: string;
	/** `namespace/name` */
	name: string;
	state: UseState;
	/** As it is written in the cluster. */
	image: string;
	/**
	 * `tag`: it names a tag of the image; `digest`: it is pinned to it, and stays broken where the image comes back as another digest;
	 * `runs`: it runs it under a tag that names another image now.
	 */
	by: 'tag' | 'digest' | 'runs';
	pullsAlways: boolean;
	/** The nodes that run this very digest: they may hold its only copy. */
	nodes: string[];
	/** The words of the node for why it cannot be pulled. */
	problem?: string;
};

type Image = {repository: string; digest?: Digest | undefined; tags: readonly string[]};

/** @param hosts every `host[:port]` by which pulls name the registry of the image */
export function usedBy({uses}: Pick<Usage, 'uses'>, image: Image, hosts: readonly string[]): UsedBy[] {
	return uses.flatMap(use => {
		const by = howUsed(use, image, hosts);
		if (by === undefined) {
			return [];
		}

		const {kind, name, state, image: written, pullsAlways, problem, running} = use;
		const nodes = running.flatMap(({digest, node}) => (digest === image.digest && node !== undefined ? [node] : []));
		return [
			{
				kind,
				name,
				state,
				image: written,
				by,
				pullsAlways,
				nodes: [...new Set(nodes)].sort(),
				...(problem && {problem: [problem.reason, problem.message].filter(Boolean).join(': ')}),
			},
		];
	});
}

function howUsed(
	{reference, running}: Use,
	{repository, digest, tags}: Image,
	hosts: readonly string[],
): UsedBy['by'] | undefined {
	if (reference === undefined || reference.repository !== repository || !hosts.includes(reference.host)) {
		return undefined;
	}

	if (reference.digest !== undefined) {
		return reference.digest === digest ? 'digest' : undefined;
	}

	if (reference.tag !== undefined && tags.includes(reference.tag)) {
		return 'tag';
	}

	return digest !== undefined && running.some(each => each.digest === digest) ? 'runs' : undefined;
}
