import {asOperatorError} from '../../domain/errors.ts';
import type {Builder, BuildStatus} from '../ports/builder.ts';
import type {ActionContext} from './action.ts';

/** A build that was killed could not tidy up. That it cannot be done now changes nothing of its result: the next build does it. */
export async function tidyKilled(builder: Builder, {state}: BuildStatus, context: ActionContext): Promise<void> {
	if (state !== 'vanished') {
		return;
	}

	try {
		await builder.tidy(context.request, context);
		context.log(`What the killed build left on ${builder.place} was removed.`);
	} catch (error) {
		context.signal.throwIfAborted();
		context.log(`What the killed build left on ${builder.place} stays for now: ${asOperatorError(error).message}`);
	}
}
