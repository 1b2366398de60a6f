import {type Digest, shortDigest} from '../image/digest.ts';

const mostTags = 3;

/** `infra-ci:2026-04, latest` */
export function titleOf({
	repository,
	tags,
	digest,
}: {
	repository: string;
	tags: readonly string[];
	digest?: Digest;
}): string {
	const more = tags.length > mostTags ? ` and ${tags.length - mostTags} more` : '';
	return tags.length === 0 && digest !== undefined
		? `${repository}@${shortDigest(digest)}`
		: `${repository}:${tags.slice(0, mostTags).join(', ')}${more}`;
}
