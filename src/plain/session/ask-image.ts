import {OperatorError} from '../../domain/errors.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {listen} from './listen.ts';

/**
 * Asks a person for an image until one can be read.
 * @returns undefined where the person says nothing and goes
 */
export async function askImage(
	lines: AsyncIterable<string>,
	{say, signal}: {say: (text: string) => void; signal: AbortSignal},
): Promise<ImageReference | undefined> {
	const over = new AbortController();
	let answer: ImageReference | undefined;
	say('Which image cannot be pulled? HOST[:PORT]/REPOSITORY:TAG, as the failed pipeline names it.\n> ');

	await listen(
		lines,
		async line => {
			try {
				answer = parseReference(line.trim());
				over.abort();
			} catch (error) {
				if (!(error instanceof OperatorError)) {
					throw error;
				}

				say(line.trim() === '' ? '> ' : `${error.message}\n${error.hint}\n> `);
			}
		},
		AbortSignal.any([signal, over.signal]),
	);
	return answer;
}
