import {OperatorError} from '../../domain/errors.ts';
import type {Fault} from '../../domain/image/fault.ts';
import {formatReference, type ImageReference, target} from '../../domain/image/reference.ts';
import type {ManifestAnswer} from '../ports/registry.ts';

const tagsNamed = 5;

/**
 * What it means that the registry has nothing under the reference: a tag that is listed all the same is broken.
 * @throws OperatorError image.absent
 */
export async function dangling(
	reference: ImageReference,
	answer: Extract<ManifestAnswer, {state: 'missing'}>,
	list: () => Promise<ReadonlySet<string> | undefined>,
): Promise<Fault> {
	const tags = await list();
	const {tag, digest} = reference;

	if (digest === undefined && tags?.has(target(reference))) {
		return {kind: 'tag-dangling', via: [], status: answer.status, detail: answer.detail};
	}

	const what = digest === undefined ? `tag ${tag ?? 'latest'}` : `manifest ${digest}`;

	if (tags === undefined) {
		throw new OperatorError('image.absent', `${reference.host} has no repository ${reference.repository}.`, {
			hint: 'Check the spelling of the repository; an empty list of repositories means that the wrong store is served.',
			exit: 'failed',
		});
	}

	throw new OperatorError(
		'image.absent',
		`${formatReference(reference)} is not there: the repository has no ${what}.`,
		{
			hint: tags.size === 0 ? 'The repository has no tags at all.' : `It has ${some(tags)}.`,
			exit: 'failed',
		},
	);
}

function some(tags: ReadonlySet<string>): string {
	const first = [...tags].sort().slice(0, tagsNamed).join(', ');
	if (tags.size > tagsNamed) {
		return `${first} and ${tags.size - tagsNamed} more tags`;
	}

	return tags.size === 1 ? `only the tag ${first}` : `the tags ${first}`;
}
