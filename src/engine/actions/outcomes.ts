import type {OperatorError} from '../../domain/errors.ts';

/** `refused` and `unreachable` mean the same for every outside system. A lost reply is no outcome. */
export function refusedOrUnreachable(error: OperatorError): string | undefined {
	if (error.code === 'effect.unknown') {
		return undefined;
	}

	return error.exit === 'refused' || error.exit === 'unreachable' ? error.exit : undefined;
}
