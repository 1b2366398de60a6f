import {createInterface} from 'node:readline';
import type {Invocation} from '../commands/invocation.ts';
import {OperatorError} from '../domain/errors.ts';
import type {ImageReference} from '../domain/reference.ts';
import {askImage} from '../plain/ask-image.ts';
import {fold} from '../plain/fit.ts';

/**
 * The image of an incident that nobody named on the command line: asked of the person who sits there.
 * @throws OperatorError respond.no-image
 */
export async function wantedImage({terminal, talk, signal}: Invocation): Promise<ImageReference> {
	const lines = terminal.interactive ? createInterface({input: terminal.stdin, terminal: false}) : undefined;
	try {
		const image =
			lines && (await askImage(lines, {say: text => talk(fold(text, terminal.stderr?.columns ?? 80)), signal}));
		if (image !== undefined) {
			return image;
		}
	} finally {
		lines?.close();
	}

	signal.throwIfAborted();
	throw new OperatorError('respond.no-image', 'Nobody said which image cannot be pulled.', {
		hint: 'Write --image HOST[:PORT]/REPOSITORY:TAG.',
		exit: 'usage',
	});
}
