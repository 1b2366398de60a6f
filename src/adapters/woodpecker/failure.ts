import type {Pipeline, TriggerAnswer} from '../../engine/ports/ci.ts';

type Rejected = Extract<TriggerAnswer, {state: 'rejected'}>;

/** Ended badly. A pipeline that was canceled, declined or skipped never failed at anything. */
export function isFailure({status}: Pipeline): boolean {
	return status === 'failure' || status === 'error' || status === 'killed';
}

export function rejected(detail: string, hint: string): Rejected {
	return {state: 'rejected', detail, hint};
}

/** Why a new pipeline did not start. Undefined: it did. The server stores it in `error` when it ran nothing of it. */
export function startFailure({number, status, errors}: Pipeline): Rejected | undefined {
	if (status !== 'error') {
		return undefined;
	}

	const detail = errors.join('; ') || 'the server gives no reason';
	return rejected(`Pipeline #${number} failed before its first step: ${detail}.`, hintFor(detail));
}

/** Why an old pipeline cannot be restarted. Undefined: it can. */
export function restartProblem({number, state, status}: Pipeline): Rejected | undefined {
	if (status === 'blocked') {
		return rejected(
			`Pipeline #${number} is waiting for an approval.`,
			'Approve or decline it on the web page of the CI.',
		);
	}

	return state === 'waiting' || state === 'running'
		? rejected(`Pipeline #${number} has not ended (${status}).`, 'Wait until it ends, or cancel it in the CI.')
		: undefined;
}

function hintFor(detail: string): string {
	if (/not allowed to be used with pipeline event/.test(detail)) {
		return 'Allow the secret for the event manual, in the settings of the repository.';
	}

	if (/pipeline definition not found/.test(detail)) {
		return 'The server stored nothing that it could run again: start a new pipeline.';
	}

	if (/could not load config from forge/.test(detail)) {
		return 'The forge is down, or the owner of the repository has to log in to the CI again. The fallback needs neither.';
	}

	return 'Correct the pipeline on its branch, or build without the CI (the fallback).';
}
