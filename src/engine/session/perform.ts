import {OperatorError} from '../../domain/errors.ts';
import type {EvidenceNote, Happening, ItemStamp} from '../../domain/incident/event.ts';
import type {Item} from '../../domain/incident/item.ts';
import {toJsonObject} from '../../domain/json.ts';
import {itemStampOf, type MachineEffect} from '../../domain/machine/effects.ts';
import {sayDuration} from '../../domain/text/time.ts';
import type {Journal} from '../ports/journal.ts';
import type {Secrets} from '../ports/secrets.ts';
import {contextOf, type EffectContext, inputsOf, type StepAction, stepActionOf, withinDeadline} from './step-action.ts';

/** Runs the step's action once, keeps its log as evidence, and reports how it ended. */
export async function perform(
	effect: Extract<MachineEffect, {kind: 'perform'}>,
	context: EffectContext,
): Promise<void> {
	const {report, live, journal, ports, signal: calledOff} = context;
	const stepAction = stepActionOf(effect, context);
	const {action, step, item} = stepAction;
	const evidence = createEvidence(ports.secrets);
	const asked = contextOf(effect, stepAction, context, evidence.write);
	// The log of what a step follows is not mixed with the requests that read it.
	const requests = action.hasOwnLog || item ? createEvidence(ports.secrets) : undefined;
	const stopListening = ports.requests?.overhear(requests?.write ?? asked.log);
	let happening: Extract<Happening, {type: 'effect.finished' | 'effect.failed'}>;

	try {
		const {output, ...result} = await withinDeadline(
			{milliseconds: step.timeoutMs, signal: calledOff, late: cause => tooLate(stepAction, cause)},
			async signal => action.run(inputsOf(stepAction), {...asked, signal}),
		);
		happening = {type: 'effect.finished', ...itemStampOf(effect), ...result, output: toJsonObject(output)};
	} catch (error) {
		// Cancelled by a person or by leaving: the phase has changed, or the journal says that the person left.
		calledOff.throwIfAborted();
		happening = failureOf(effect, stepAction, error);
	} finally {
		stopListening?.();
		live.progress(undefined, item?.id);
		live.end(item?.id);
	}

	const kept = [
		...(await keep(evidenceName(effect, item), 'log', evidence.text(), journal)),
		...(await keep(evidenceName(effect, item), 'requests.log', requests?.text() ?? '', journal)),
	];
	await report({...happening, ...(kept.length === 0 ? {} : {evidence: kept})});
}

/** @throws a bug in regmedic: neither for the operator to fix nor a write that may have happened */
function failureOf(
	effect: ItemStamp,
	{step, action, item}: StepAction,
	error: unknown,
): Extract<Happening, {type: 'effect.failed'}> {
	const writes = action.effect !== 'read';
	const known = error instanceof OperatorError ? error : undefined;
	if (!known && !writes) {
		throw error;
	}

	const outcome = known && action.outcomeOf?.(known);
	return {
		type: 'effect.failed',
		...itemStampOf(effect),
		problem: {
			code: known?.code ?? 'bug',
			message: error instanceof Error ? error.message : String(error),
			hint: known?.hint ?? 'This is a bug in regmedic. Whether the change happened is being looked up.',
		},
		transient: known?.transient ?? false,
		indeterminate: writes && (known === undefined || known.code === 'effect.unknown'),
		...(outcome !== undefined && !item && Object.hasOwn(step.outcomes, outcome) ? {outcome} : {}),
	};
}

/** A read that takes too long has failed; a write that takes too long may have happened. */
function tooLate({step, action, title}: StepAction, cause: unknown): OperatorError {
	const reads = action.effect === 'read';
	return new OperatorError(
		reads ? 'step.timeout' : 'effect.unknown',
		`"${title}" did not end within ${sayDuration(step.timeoutMs)}.`,
		{
			hint: 'The system it talks to is slow or does not respond. Check that system, then decide again.',
			exit: reads ? 'unreachable' : 'indeterminate',
			cause,
		},
	);
}

/** The requests of items that run at the same time are not told apart: each keeps those of all. */
function evidenceName({step, attempt}: ItemStamp, item: Item | undefined): string {
	return item ? `${step}-${attempt}-item-${item.id}-${item.attempt}` : `${step}-${attempt}`;
}

async function keep(
	name: string,
	kind: 'log' | 'requests.log',
	text: string,
	journal: Journal,
): Promise<EvidenceNote[]> {
	return text === '' ? [] : [await journal.keep(`${name}.${kind}`, text)];
}

/** In characters. A log longer than twice this is cut in the middle: its end tells most. */
const mostCharactersEachSide = 2 * 1024 * 1024;

/** Collects the log of a step for the evidence folder, redacted as it arrives. */
function createEvidence({redact, redactLog}: Pick<Secrets, 'redact' | 'redactLog'>) {
	const masked = redactLog();
	const head: string[] = [];
	let tail: string[] = [];
	let headCharacters = 0;
	let tailCharacters = 0;
	let cut = 0;

	const take = (line: string): void => {
		if (tail.length === 0 && headCharacters + line.length <= mostCharactersEachSide) {
			head.push(line);
			headCharacters += line.length;
			return;
		}

		tail.push(line);
		tailCharacters += line.length;
		// Rarely and much at once: removing one line at a time would be slow.
		if (tailCharacters > 2 * mostCharactersEachSide) {
			const all = tail.join('');
			tail = [all.slice(-mostCharactersEachSide)];
			cut += all.length - mostCharactersEachSide;
			tailCharacters = mostCharactersEachSide;
		}
	};

	return {
		write: (text: string) => take(masked.push(`${text.replace(/\n$/, '')}\n`)),
		text(): string {
			take(masked.end());
			const end = tail.join('');
			const kept = end.slice(-mostCharactersEachSide);
			const left = cut + end.length - kept.length;
			// Once more: secrets may have been read since.
			return redact(`${head.join('')}${left === 0 ? '' : `[cut: ${left} characters]\n`}${kept}`);
		},
	};
}
