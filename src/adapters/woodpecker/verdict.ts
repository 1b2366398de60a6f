import {OperatorError} from '../../domain/errors.ts';
import type {TriggerAnswer} from '../../engine/ports/ci.ts';
import type {KnownPipeline} from './pipeline.ts';

type Rejected = Extract<TriggerAnswer, {state: 'rejected'}>;

/** A stored pipeline in state `error` ran nothing. */
export function answerOf(pipeline: KnownPipeline): TriggerAnswer {
	return pipeline.status === 'error' ? inError(pipeline) : {state: 'created', pipeline};
}

function inError({number, errors}: KnownPipeline): Rejected {
	const detail = errors.join('; ') || 'the server gives no reason';
	return rejected(`Pipeline #${number} ended before it began: ${detail}.`, hintFor(detail));
}

function hintFor(detail: string): string {
	if (/not allowed to be used with pipeline event/.test(detail)) {
		return 'Allow the secret for the event manual, in the settings of the repository.';
	}

	if (/pipeline definition not found/.test(detail)) {
		return 'Nothing is stored that could be run again: start a new pipeline.';
	}

	if (/could not load config from forge/.test(detail)) {
		return 'The forge is down, or the owner of the repository has to log in to the CI again. The fallback needs neither.';
	}

	return 'Correct the pipeline on its branch, or build without the CI (the fallback).';
}

export function rejected(detail: string, hint: string): Rejected {
	return {state: 'rejected', detail, hint};
}

/** An answer to a change that cannot be read. */
export function unclear(what: string, cause: unknown): OperatorError {
	return new OperatorError('effect.unknown', `${what} was asked for, and the answer can't be understood.`, {
		hint: 'It may have started. Look for it on the CI before asking again.',
		exit: 'indeterminate',
		cause,
	});
}
