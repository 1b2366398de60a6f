import {OperatorError} from '../../domain/errors.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {askAtTerminal} from '../../incidents/ask-at-terminal.ts';
import type {Invocation} from '../../invocation.ts';
import {askImage} from '../../plain/session/ask-before-session.ts';

/**
 * The image of an incident that nobody named on the command line: asked of the person who sits there.
 * @throws OperatorError respond.no-image
 */
export async function wantedImage(invocation: Invocation): Promise<ImageReference> {
	const image = invocation.terminal.interactive ? await askAtTerminal(invocation, askImage) : undefined;
	if (image !== undefined) {
		return image;
	}

	throw new OperatorError('respond.no-image', 'Nobody said which image cannot be pulled.', {
		hint: 'Write --image HOST[:PORT]/REPOSITORY:TAG.',
		exit: 'usage',
	});
}
