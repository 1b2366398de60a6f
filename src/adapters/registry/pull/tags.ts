import type {Waiting} from '../../../engine/ports/waiting.ts';
import {absence} from '../errors/explanations.ts';
import {expectStatus} from '../errors/refusals.ts';
import {pullScope} from '../login/scope.ts';
import type {Transport} from '../transport.ts';
import {pagesOf} from './pages.ts';

/** All tags of a repository. Undefined: the registry does not know it. @throws OperatorError registry.* */
export async function listTags(
	transport: Transport,
	repository: string,
	waiting: Waiting,
): Promise<string[] | undefined> {
	let tags: string[] | undefined;
	const listing = {
		path: `${repository}/tags/list`,
		scope: pullScope(repository),
		field: 'tags',
		async admit(answer) {
			await expectStatus(answer, [200, 404], await transport.user());
			if (answer.status === 200) {
				return 'page';
			}

			await absence(answer);
			return 'nothing';
		},
	} satisfies Parameters<typeof pagesOf>[1];

	for await (const names of pagesOf(transport, listing, waiting)) {
		tags ??= [];
		for (const name of names) {
			tags.push(name);
		}
	}

	return tags;
}
