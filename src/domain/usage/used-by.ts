import type * as v from 'valibot';
import type {Digest} from '../image/digest.ts';
import type {usedByEntry} from './schemas.ts';
import type {Usage, Use} from './usage.ts';

export type UsedBy = v.InferOutput<typeof usedByEntry>;

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
