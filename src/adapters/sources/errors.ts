import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';

export function sourceGone(digest: Digest, place: string, why: string): OperatorError {
	return new OperatorError('source.gone', `${place} does not deliver ${digest}: ${why}.`, {
		hint: 'Try again, or name another source (registries.….sources).',
		exit: 'failed',
	});
}

export function sourceUnreadable(place: string, why: string, hint: string): OperatorError {
	return new OperatorError('source.unreadable', `${place} cannot be read: ${why}.`, {hint, exit: 'unreachable'});
}
