import type {OperatorError} from '../../domain/errors.ts';

/** `refused` and `unreachable` mean the same wherever an outside system is asked. */
function refusedOrUnreachable(error: OperatorError): string | undefined {
	if (error.code === 'effect.unknown') {
		return undefined;
	}

	return error.exit === 'refused' || error.exit === 'unreachable' ? error.exit : undefined;
}

export function registryOutcome(error: OperatorError): string | undefined {
	return error.code === 'image.absent' ? 'absent' : refusedOrUnreachable(error);
}

export const storageOutcome = refusedOrUnreachable;
export const ciOutcome = refusedOrUnreachable;
