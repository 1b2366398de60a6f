import {OperatorError} from '../../domain/errors.ts';
import type {ItemStamp} from '../../domain/incident/event.ts';
import type {ActionContext} from '../actions/action.ts';
import {contextOf, type EffectContext, inputsOf, type StepAction, withinDeadline} from './step-action.ts';

export const gateLastsMs = 15 * 60_000;
/** Looking something up is quicker than changing it. */
const lookUpAtMostMs = 2 * 60_000;

/** @throws OperatorError step.timeout: looking something up ends in time as well */
export function lookUp<T>(
	effect: ItemStamp,
	stepAction: StepAction,
	context: EffectContext,
	work: (inputs: unknown, context: ActionContext) => Promise<T>,
): Promise<T> {
	const {step, title} = stepAction;
	const late = (cause: unknown) =>
		new OperatorError('step.timeout', `"${title}" got no response in time.`, {
			hint: 'The system it talks to is slow or does not respond. Check that system, then retry.',
			exit: 'unreachable',
			cause,
		});
	const deadline = {milliseconds: Math.min(step.timeoutMs, lookUpAtMostMs), signal: context.signal, late};
	return withinDeadline(deadline, async signal =>
		work(inputsOf(stepAction), {...contextOf(effect, stepAction, context), signal}),
	).finally(() => context.live.progress(undefined, stepAction.item?.id));
}
